#include "classifier/filter.h"

#include <stdlib.h>
#include <string.h>

#include "classifier/publisher.h"

enum { LANGUAGE_BYTES_MAX = 35, VALUES_MAX = 64 };

static const char ANY_TAG[] = "any";

/* How a label's value meets the one that a term asks for. */
typedef bool meets(const char *value, size_t len, const char *wanted);

struct kind {
	const char *name; /* with its colon */
	meets *meets;
	const char *allowed; /* characters of a value */
};

struct term {
	const struct kind *kind;
	bool negated;
	const char *values[VALUES_MAX];
	size_t count;
};

struct filter {
	char *text; /* cut into strings; values borrow from it */
	struct term *terms;
	size_t count;
};

static bool
meets_tag(const char *value, size_t len, const char *wanted)
{
	return strcmp(wanted, ANY_TAG) == 0 ||
	       (strlen(wanted) == len && memcmp(value, wanted, len) == 0);
}

static bool
meets_host(const char *value, size_t len, const char *wanted)
{
	const size_t wanted_len = strlen(wanted);

	return len >= wanted_len && memcmp(value + len - wanted_len, wanted, wanted_len) == 0 &&
	       (len == wanted_len || value[len - wanted_len - 1] == '.');
}

static bool
meets_language(const char *value, size_t len, const char *wanted)
{
	const size_t wanted_len = strlen(wanted);

	return len >= wanted_len && memcmp(value, wanted, wanted_len) == 0 &&
	       (len == wanted_len || value[wanted_len] == '-');
}

#define LETTERS "abcdefghijklmnopqrstuvwxyz0123456789"

static const struct kind kinds[] = {
	{"tag:", meets_tag, LETTERS "-_."},
	{"feed:", meets_host, LETTERS "-_."},
	{"lang:", meets_language, LETTERS "-"},
};

static const struct kind *
kind_of(const char *term)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strncmp(term, kinds[i].name, strlen(kinds[i].name)) == 0)
			return &kinds[i];
	return NULL;
}

/* Cuts "-tag:a,b" into a term. */
static int
read_term(char *s, struct term *out, struct err *err)
{
	const char *whole = s;
	char *rest = NULL;

	*out = (struct term){.negated = *s == '-'};
	if (out->negated)
		s++;
	out->kind = kind_of(s);
	if (!out->kind)
		return err_set(err, ERR_USAGE,
			       "filter term '%.80s': allowed are tag:NAME, feed:HOST, lang:CODE, "
			       "and - before them",
			       whole);
	s += strlen(out->kind->name);
	for (char *value = strtok_r(s, ",", &rest); value; value = strtok_r(NULL, ",", &rest)) {
		if (value[strspn(value, out->kind->allowed)] != '\0')
			return err_set(err, ERR_USAGE, "filter value '%.80s' of %s in lower case",
				       value, out->kind->name);
		if (out->count == VALUES_MAX)
			return err_set(err, ERR_USAGE, "over %d values of %s", VALUES_MAX,
				       out->kind->name);
		out->values[out->count++] = value;
	}
	if (out->count == 0)
		return err_set(err, ERR_USAGE, "filter term %s has no value", out->kind->name);
	return 0;
}

struct filter *
filter_parse(const char *text, struct err *err)
{
	SCOPED(filter_free) struct filter *filter = calloc(1, sizeof(*filter));
	char *rest = NULL;

	if (filter) {
		filter->text = strdup(text ? text : "");
		filter->terms = calloc(FILTER_TERMS_MAX, sizeof(*filter->terms));
	}
	if (!filter || !filter->text || !filter->terms) {
		(void)err_sys(err, "filter");
		return NULL;
	}
	for (char *s = strtok_r(filter->text, " \t", &rest); s; s = strtok_r(NULL, " \t", &rest)) {
		if (filter->count == FILTER_TERMS_MAX) {
			(void)err_set(err, ERR_USAGE, "over %d filter terms", FILTER_TERMS_MAX);
			return NULL;
		}
		if (read_term(s, &filter->terms[filter->count], err) < 0)
			return NULL;
		filter->count++;
	}
	return TAKE(filter);
}

void
filter_free(struct filter *filter)
{
	if (!filter)
		return;
	free(filter->text);
	free(filter->terms);
	free(filter);
}

void
filter_each_tag(const struct filter *filter, void (*each)(void *arg, const char *tag), void *arg)
{
	for (size_t i = 0; i < filter->count; i++) {
		const struct term *term = &filter->terms[i];

		for (size_t n = 0; n < term->count && term->kind->meets == meets_tag; n++)
			if (strcmp(term->values[n], ANY_TAG) != 0)
				each(arg, term->values[n]);
	}
}

static bool
holds(const struct term *term, const char *labels)
{
	const size_t name_len = strlen(term->kind->name);

	for (const char *at = labels; *at;) {
		const size_t len = strcspn(at, " ");

		if (len > name_len && memcmp(at, term->kind->name, name_len) == 0)
			for (size_t i = 0; i < term->count; i++)
				if (term->kind->meets(at + name_len, len - name_len,
						      term->values[i]))
					return true;
		at += len + strspn(at + len, " ");
	}
	return false;
}

bool
filter_match(const struct filter *filter, const char *labels)
{
	for (size_t i = 0; i < filter->count; i++)
		if (holds(&filter->terms[i], labels) == filter->terms[i].negated)
			return false;
	return true;
}

/* A label whose value is folded to lower case; left out where it has other characters. */
static void
put_label(struct buf *out, const struct kind *kind, const char *value, size_t len, size_t max)
{
	const size_t before = out->len;

	if (len == 0 || len > max)
		return;
	(void)buf_addf(out, NULL, "%s%s", before > 0 ? " " : "", kind->name);
	for (size_t i = 0; i < len; i++) {
		const char c = value[i];

		(void)buf_addc(out, c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c, NULL);
	}
	if (buf_failed(out, NULL) < 0)
		return;
	if (strspn(buf_str(out) + out->len - len, kind->allowed) != len) {
		out->len = before;
		out->data[before] = '\0';
	}
}

int
filter_labels(const struct item *item, struct buf *out, struct err *err)
{
	const char *language = item->language ? item->language : item->feed.language;
	const char *urls[] = {item->feed.url, item->feed.link};

	if (language)
		put_label(out, kind_of("lang:"), language, strlen(language), LANGUAGE_BYTES_MAX);
	for (size_t i = 0; i < 2; i++) {
		const struct bytes host =
			urls[i] ? publisher_host(urls[i]) : (struct bytes){NULL, 0};

		put_label(out, kind_of("feed:"), host.data, host.len, PUBLISHER_HOST_BYTES_MAX);
	}
	for (size_t i = 0; i < item->tag_count; i++)
		put_label(out, kind_of("tag:"), item->tags[i].tag, strlen(item->tags[i].tag),
			  out->max);
	return buf_failed(out, err);
}
