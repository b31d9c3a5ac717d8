#include "common/mask.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

static const char stars[] = "***";

/* Whether "host:port" may be one: a port has digits alone. */
static bool
has_port(const char *s, size_t len)
{
	const char *bracket = *s == '[' ? memchr(s, ']', len) : NULL;
	const char *at = bracket ? bracket : s, *end = s + len;
	const char *colon = memchr(at, ':', (size_t)(end - at));

	if (!colon)
		return true;
	return strspn(colon + 1, "0123456789") >= (size_t)(end - colon - 1);
}

/* How many bytes before an "@" are credentials, where an authority begins at s. */
static size_t
secret_len(const char *s)
{
	const size_t len = strcspn(s, "/?#\\");
	const char *last = memrchr(s, '@', len);

	if (!last && !has_port(s, len))
		last = strrchr(s, '@');
	return last ? (size_t)(last - s) : 0;
}

/* How many bytes of s lead to an authority: "//", "http:" and the like; 0: none does. */
static size_t
lead_len(const char *s, bool begins)
{
	static const char *const schemes[] = {"http:", "https:", "ftp:"};
	const size_t slashes = strspn(s, "/\\");

	for (size_t i = 0; slashes < 2 && i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		const size_t len = strlen(schemes[i]);

		if (begins && strncasecmp(s, schemes[i], len) == 0)
			return len + strspn(s + len, "/\\");
	}
	return slashes >= 2 ? slashes : 0;
}

/* "name:password@host", the scheme forgotten. */
static bool
lacks_scheme(const char *s)
{
	const size_t len = strcspn(s, "/\\=:@");

	return s[len] == ':' && strchr(s, '@') && !strstr(s + len, "://");
}

/* A byte of a character that is not its first. */
static bool
is_inside(char c)
{
	return ((unsigned char)c & 0xC0) == 0x80;
}

const char *
mask_text(const char *text, char out[MASK_BYTES])
{
	size_t used = 0;
	bool begins = true;

	if (lead_len(text, true) == 0 && lacks_scheme(text)) {
		memcpy(out, stars, sizeof(stars) - 1);
		used = sizeof(stars) - 1;
		text = strrchr(text, '@');
	}
	while (*text && used < MASK_BYTES - 1) {
		const size_t lead = lead_len(text, begins);
		const size_t secret = lead > 0 ? secret_len(text + lead) : 0;

		for (size_t i = 0; i < (lead > 0 ? lead : 1) && used < MASK_BYTES - 1; i++)
			out[used++] = *text++;
		begins = strchr(" \t'\"=[(<", out[used - 1]) != NULL;
		if (secret > 0) {
			for (const char *c = stars; *c && used < MASK_BYTES - 1; c++)
				out[used++] = *c;
			text += secret;
		}
	}
	if (is_inside(*text)) {
		while (used > 0 && is_inside(out[used - 1]))
			used--;
		used -= used > 0;
	}
	out[used] = '\0';
	return out;
}
