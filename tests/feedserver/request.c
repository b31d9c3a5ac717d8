#include "tests/feedserver/request.h"

#include <string.h>
#include <strings.h>

#include "common/ascii.h"
#include "common/quantity.h"

size_t
request_head_len(const char *data, size_t len)
{
	const char *end = memmem(data, len, "\r\n\r\n", 4);

	return end ? (size_t)(end - data) + 4 : 0;
}

/* Decodes %XX and, in a query, "+", in place. A NUL ends the text early, which harms nobody. */
static void
decode(char *text, bool query)
{
	char *to = text;

	for (const char *from = text; *from; from++) {
		if (*from == '%' && ascii_hex((unsigned char)from[1]) >= 0 &&
		    ascii_hex((unsigned char)from[2]) >= 0) {
			*to++ = (char)(ascii_hex((unsigned char)from[1]) * 16 +
				       ascii_hex((unsigned char)from[2]));
			from += 2;
		} else {
			*to++ = query && *from == '+' ? ' ' : *from;
		}
	}
	*to = '\0';
}

static void
read_target(struct request *request)
{
	char *rest = request->text;

	memcpy(request->text, request->target, sizeof(request->text));
	request->path = strsep(&rest, "?");
	while (rest && request->parameter_count < REQUEST_PARAMETERS_MAX) {
		char *value = strsep(&rest, "&"), *name = strsep(&value, "=");

		decode(name, true);
		if (value)
			decode(value, true);
		request->parameters[request->parameter_count].name = name;
		request->parameters[request->parameter_count++].value = value ? value : "";
	}
	decode(request->text, false);
}

/* Copies the value of a header line when it is the one called name. */
static void
read_header(const char *line, size_t len, const char *name, char *out, size_t size)
{
	const size_t name_len = strlen(name);

	if (len <= name_len || line[name_len] != ':' || strncasecmp(line, name, name_len) != 0)
		return;
	line += name_len + 1;
	len -= name_len + 1;
	while (len > 0 && *line == ' ') {
		line++;
		len--;
	}
	if (len >= size)
		return;
	memcpy(out, line, len);
	out[len] = '\0';
}

static int
read_first_line(struct request *request, const char *line, size_t len, bool *old_out)
{
	const char *space = memchr(line, ' ', len), *end;
	size_t method_len, target_len;

	if (!space)
		return 400;
	method_len = (size_t)(space - line);
	end = memrchr(line, ' ', len);
	if (end == space || len - (size_t)(end - line) != strlen(" HTTP/1.1"))
		return 400;
	target_len = (size_t)(end - space) - 1;
	if (target_len >= sizeof(request->target))
		return 414;
	memcpy(request->target, space + 1, target_len);
	if (request->target[0] != '/' || memchr(request->target, '\0', target_len))
		return 400;
	*old_out = memcmp(end, " HTTP/1.0", strlen(" HTTP/1.0")) == 0;
	request->head_only = method_len == 4 && memcmp(line, "HEAD", 4) == 0;
	return request->head_only || (method_len == 3 && memcmp(line, "GET", 3) == 0) ? 0 : 405;
}

int
request_read(struct request *request, const char *head, size_t len)
{
	char connection[64] = "";
	bool old = false;
	int status = 0;

	memset(request, 0, sizeof(*request));
	for (const char *line = head, *end; status == 0 && len > 2; line = end + 2) {
		size_t line_len;

		end = memmem(line, len, "\r\n", 2);
		line_len = (size_t)(end - line);
		len -= line_len + 2;
		if (line == head)
			status = read_first_line(request, line, line_len, &old);
		read_header(line, line_len, "If-None-Match", request->if_none_match,
			    sizeof(request->if_none_match));
		read_header(line, line_len, "If-Modified-Since", request->if_modified_since,
			    sizeof(request->if_modified_since));
		read_header(line, line_len, "Connection", connection, sizeof(connection));
	}
	request->close = old || strcasecmp(connection, "close") == 0;
	if (status == 0)
		read_target(request);
	return status;
}

const char *
request_text(const struct request *request, const char *name, const char *fallback)
{
	for (size_t i = 0; i < request->parameter_count; i++)
		if (strcmp(request->parameters[i].name, name) == 0)
			return request->parameters[i].value;
	return fallback;
}

uint64_t
request_number(const struct request *request, const char *name, uint64_t fallback, uint64_t most)
{
	int64_t n;

	if (!quantity_int(request_text(request, name, ""), &n) || n < 0 || (uint64_t)n > most)
		return fallback;
	return (uint64_t)n;
}
