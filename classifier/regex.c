#define PCRE2_CODE_UNIT_WIDTH 8
#include "classifier/regex.h"

#include <pcre2.h>

#include "common/utf8.h"

struct regex {
	pcre2_code *code;
	pcre2_match_context *limits;
	pcre2_match_data *data;
};

struct regex *
regex_new(const char *pattern, bool caseless, struct err *err)
{
	SCOPED(regex_free) struct regex *regex = calloc(1, sizeof(*regex));
	PCRE2_UCHAR why[160];
	PCRE2_SIZE at;
	int code;

	if (!regex) {
		(void)err_sys(err, "regular expression");
		return NULL;
	}
	regex->code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED,
				    PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C |
					    (caseless ? PCRE2_CASELESS : 0),
				    &code, &at, NULL);
	if (!regex->code) {
		(void)pcre2_get_error_message(code, why, sizeof(why));
		(void)err_set(err, ERR_USAGE, "bad regular expression at its byte %zu: %s", at + 1,
			      (const char *)why);
		return NULL;
	}
	regex->limits = pcre2_match_context_create(NULL);
	regex->data = pcre2_match_data_create(1, NULL);
	if (!regex->limits || !regex->data) {
		(void)err_sys(err, "regular expression");
		return NULL;
	}
	(void)pcre2_set_match_limit(regex->limits, REGEX_STEPS_MAX);
	(void)pcre2_set_depth_limit(regex->limits, REGEX_STEPS_MAX);
	(void)pcre2_set_heap_limit(regex->limits, REGEX_HEAP_KIB_MAX);
	return TAKE(regex);
}

void
regex_free(struct regex *regex)
{
	if (!regex)
		return;
	pcre2_code_free(regex->code);
	pcre2_match_context_free(regex->limits);
	pcre2_match_data_free(regex->data);
	free(regex);
}

int
regex_find(const struct regex *regex, const char *text, size_t len, size_t from, uint32_t *at_out,
	   uint32_t *end_out)
{
	const PCRE2_SIZE *found;
	int rc;

	if (len > REGEX_TEXT_BYTES_MAX)
		len = utf8_cut(text, len, REGEX_TEXT_BYTES_MAX);
	if (from > len)
		return 0;
	rc = pcre2_match(regex->code, (PCRE2_SPTR)text, len, from,
			 PCRE2_NO_UTF_CHECK | PCRE2_NOTEMPTY, regex->data, regex->limits);
	if (rc == PCRE2_ERROR_NOMATCH)
		return 0;
	if (rc < 0)
		return -1;
	found = pcre2_get_ovector_pointer(regex->data);
	if (found[0] >= found[1]) /* \K in a lookahead can turn a match around */
		return 0;
	*at_out = (uint32_t)found[0];
	*end_out = (uint32_t)found[1];
	return 1;
}
