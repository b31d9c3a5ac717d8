#include "sink/exec_reply.h"

#include <string.h>

#include "common/utf8.h"

enum { SEQ_DIGITS_MAX = 18, AFTER_DIGITS_MAX = 7 };

/* Moves *at past word when it stands there and ends there. */
static bool
take_word(char **at, const char *word)
{
	const size_t len = strlen(word);

	if (strncmp(*at, word, len) != 0 || ((*at)[len] != ' ' && (*at)[len] != '\0'))
		return false;
	*at += len;
	return true;
}

/* Moves *at past prefix and a number that ends there, of at most digits_max digits. One that has
 * more than SEQ_DIGITS_MAX would not fit: it is 0, which is no item's number. */
static bool
take_number(char **at, const char *prefix, size_t digits_max, uint64_t *number_out)
{
	const size_t prefix_len = strlen(prefix);
	const char *digit = *at + prefix_len;
	uint64_t number = 0;
	size_t len;

	if (strncmp(*at, prefix, prefix_len) != 0)
		return false;
	len = strspn(digit, "0123456789");
	if (len == 0 || len > digits_max || (digit[len] != ' ' && digit[len] != '\0'))
		return false;
	for (size_t i = 0; i < len && len <= SEQ_DIGITS_MAX; i++)
		number = number * 10 + (uint64_t)(digit[i] - '0');
	*at += prefix_len + len;
	*number_out = number;
	return true;
}

/* A reason goes to the log and into the quarantine: text of one line, whatever came. */
static void
clean(char *text, size_t len)
{
	const bool valid = utf8_valid(text, len);

	for (size_t i = 0; i < len; i++) {
		const unsigned char c = (unsigned char)text[i];

		if (c < ' ' || c == 0x7f || (c >= 0x80 && !valid))
			text[i] = '?';
	}
}

bool
exec_reply_read(char *line, size_t len, struct exec_reply *reply_out)
{
	static const struct {
		const char *word;
		enum exec_verb verb;
	} verbs[] = {{"ok", EXEC_OK}, {"retry", EXEC_RETRY}, {"reject", EXEC_REJECT}};
	struct exec_reply reply = {.target = EXEC_OLDEST, .after_s = -1};
	uint64_t after_s;
	char *at = line, *before;
	size_t i;

	if (len > EXEC_REPLY_BYTES_MAX)
		return false;
	if (len > 0 && line[len - 1] == '\r')
		len--;
	line[len] = '\0';
	clean(line, len);
	for (i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (take_word(&at, verbs[i].word))
			break;
	}
	if (i == sizeof(verbs) / sizeof(verbs[0]))
		return false;
	reply.verb = verbs[i].verb;
	before = at;
	if (take_number(&at, " ", EXEC_REPLY_BYTES_MAX, &reply.seq))
		reply.target = EXEC_ONE;
	else if (*at == ' ' && (at++, take_word(&at, "upto")) &&
		 take_number(&at, " ", EXEC_REPLY_BYTES_MAX, &reply.seq))
		reply.target = EXEC_UPTO;
	else
		at = before;
	if (take_number(&at, " after=", AFTER_DIGITS_MAX, &after_s))
		reply.after_s = (int64_t)after_s;
	reply.reason = *at == ' ' ? at + 1 : at;
	*reply_out = reply;
	return true;
}
