#include "classifier/publisher.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "classifier/words.h"
#include "common/ascii.h"

/* The kind of row of a line of PUBLISHERS_FROM that is a host: the last part of one (.news) may be
 * somebody's title. */
enum { HOST = PUBLISHERS_KINDS };

/* A key is a host in lower case, a title as words, ... */
struct row {
	char *key;
	uint32_t kind;
	uint32_t number;
	uint32_t next; /* + 1: the next of the same slot */
};

struct publishers {
	struct row *rows;
	size_t count, cap;
	uint32_t *slots; /* + 1 */
	size_t slot_count;
	size_t of_kind[PUBLISHERS_KINDS];
};

static uint32_t
hash_of(uint32_t kind, const char *s, size_t len)
{
	uint32_t h = 2166136261 ^ kind;

	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)s[i]) * 16777619;
	return h;
}

struct publishers *
publishers_new(void)
{
	return calloc(1, sizeof(struct publishers));
}

void
publishers_free(struct publishers *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->count; i++)
		free(p->rows[i].key);
	free(p->rows);
	free(p->slots);
	free(p);
}

static bool
grow(struct publishers *p)
{
	const size_t cap = p->cap ? p->cap * 2 : 64;
	struct row *rows = reallocarray(p->rows, cap, sizeof(*rows));
	uint32_t *slots;

	if (!rows)
		return false;
	p->rows = rows;
	slots = calloc(cap * 2, sizeof(*slots));
	if (!slots)
		return false;
	p->cap = cap;
	for (size_t i = 0; i < p->count; i++) {
		const size_t slot =
			hash_of(rows[i].kind, rows[i].key, strlen(rows[i].key)) & (cap * 2 - 1);

		rows[i].next = slots[slot];
		slots[slot] = (uint32_t)i + 1;
	}
	free(p->slots);
	p->slots = slots;
	p->slot_count = cap * 2;
	return true;
}

/* The words of a title, folded, a blank between them. False: too long to be anybody's. */
static bool
title_key(const char *title, struct buf *out)
{
	struct words_element element;
	struct words words;

	words_of(&words, title, strlen(title));
	while (words_next(&words, &element)) {
		const char *s = element.kind == WORDS_WORD ? element.fold : title + element.at;
		const size_t len =
			element.kind == WORDS_WORD ? element.fold_len : element.end - element.at;

		if (out->len > 0)
			(void)buf_addc(out, ' ', NULL);
		(void)buf_add(out, s, len, NULL);
	}
	return buf_failed(out, NULL) == 0 && out->len > 0;
}

static bool
host_key(const char *host, size_t len, struct buf *out)
{
	if (len == 0 || len > PUBLISHER_HOST_BYTES_MAX)
		return false;
	for (size_t i = 0; i < len; i++) {
		const char c = host[i];

		(void)buf_addc(out, c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c, NULL);
	}
	return buf_failed(out, NULL) == 0;
}

/* The folders of a path, each as words, a slash between them. */
static bool
folder_key(const char *path, struct buf *out)
{
	while (*path) {
		SCOPED(buf_done) struct buf name = buf_init(PUBLISHER_KEY_BYTES_MAX);
		SCOPED(buf_done) struct buf words = buf_init(PUBLISHER_KEY_BYTES_MAX);
		const size_t len = strcspn(path, "/");

		if (buf_add(&name, path, len, NULL) < 0)
			return false;
		if (len > 0 && title_key(buf_str(&name), &words)) {
			if (out->len > 0)
				(void)buf_addc(out, '/', NULL);
			(void)buf_add(out, words.data, words.len, NULL);
		}
		path += len + (path[len] == '/');
	}
	return buf_failed(out, NULL) == 0 && out->len > 0;
}

static bool
language_key(const char *language, struct buf *out)
{
	for (; *language; language++) {
		const unsigned char c = (unsigned char)*language;

		if (!ascii_is_alpha(c) && !ascii_is_digit(c) && c != '-' && c != '_')
			return false;
		(void)buf_addc(out, c == '_' ? '-' : (char)ascii_lower(c), NULL);
	}
	return buf_failed(out, NULL) == 0 && out->len > 0;
}

static bool
feed_key(const char *feed, struct buf *out)
{
	return *feed && buf_adds(out, feed, NULL) == 0;
}

/* How each kind's line becomes a key, up to where a key's front is one too, and what is said when
 * it cannot. */
static const struct {
	bool (*key)(const char *text, struct buf *out);
	char part; /* 0: only the whole */
	const char *wanted;
} kinds[PUBLISHERS_KINDS] = {
	[PUBLISHERS_FROM] = {title_key, 0, "neither a host nor a feed's title"},
	[PUBLISHERS_FEED] = {feed_key, 0, "not the URL or the id of a feed"},
	[PUBLISHERS_FOLDER] = {folder_key, '/', "not a folder such as News/Science"},
	[PUBLISHERS_CATEGORY] = {title_key, 0, "not a category"},
	[PUBLISHERS_LANGUAGE] = {language_key, '-', "not a language such as en or pt-BR"},
};

int
publishers_add(struct publishers *p, enum publishers_kind kind, const char *line, uint32_t number,
	       struct err *err)
{
	SCOPED(buf_done) struct buf key = buf_init(PUBLISHER_KEY_BYTES_MAX);
	const bool is_host = kind == PUBLISHERS_FROM && strchr(line, '.') && !strpbrk(line, " \t");
	size_t slot;
	char *kept;
	uint32_t of;

	if (is_host && strpbrk(line, "/:@*"))
		return err_set(err, ERR_USAGE, "a host alone: no scheme, port, path or star");
	if (!(is_host ? host_key(line, strlen(line), &key) : kinds[kind].key(line, &key)))
		return err_set(err, ERR_USAGE, "%s", kinds[kind].wanted);
	kept = strdup(buf_str(&key));
	if (!kept || (p->count == p->cap && !grow(p))) {
		free(kept);
		return err_sys(err, "publishers");
	}
	of = is_host ? HOST : (uint32_t)kind;
	slot = hash_of(of, kept, key.len) & (p->slot_count - 1);
	p->rows[p->count] = (struct row){kept, of, number, p->slots[slot]};
	p->slots[slot] = (uint32_t)++p->count;
	p->of_kind[kind]++;
	return 0;
}

static void
look_up(const struct publishers *p, uint32_t kind, struct bytes key, const char *text,
	size_t text_len, publishers_found *found, void *arg)
{
	if (p->slot_count == 0)
		return;
	for (uint32_t i = p->slots[hash_of(kind, key.data, key.len) & (p->slot_count - 1)]; i;
	     i = p->rows[i - 1].next) {
		const struct row *row = &p->rows[i - 1];

		if (row->kind == kind && strlen(row->key) == key.len &&
		    memcmp(row->key, key.data, key.len) == 0)
			found(arg, row->number, text, text_len);
	}
}

struct bytes
publisher_host(const char *url)
{
	const char *host = strstr(url, "://"), *at;
	size_t len;

	if (!host || host - url > 16)
		return (struct bytes){url, 0};
	host += 3;
	len = strcspn(host, "/?#");
	at = memrchr(host, '@', len);
	if (at) {
		len -= (size_t)(at + 1 - host);
		host = at + 1;
	}
	at = memchr(host, ':', len);
	return (struct bytes){host, at ? (size_t)(at - host) : len};
}

void
publishers_by_url(const struct publishers *p, const char *url, publishers_found *found, void *arg)
{
	SCOPED(buf_done) struct buf key = buf_init(PUBLISHER_HOST_BYTES_MAX);
	const struct bytes host = publisher_host(url);
	const char *at, *end;

	if (p->count == 0 || !host_key(host.data, host.len, &key))
		return;
	at = key.data;
	end = at + key.len;
	while (at) {
		const size_t skipped = (size_t)(at - key.data);

		look_up(p, HOST, (struct bytes){at, (size_t)(end - at)},
			(const char *)host.data + skipped, host.len - skipped, found, arg);
		at = memchr(at, '.', (size_t)(end - at));
		if (at)
			at++;
	}
}

void
publishers_by_title(const struct publishers *p, const char *title, publishers_found *found,
		    void *arg)
{
	SCOPED(buf_done) struct buf key = buf_init(PUBLISHER_KEY_BYTES_MAX);

	if (p->count > 0 && title_key(title, &key))
		look_up(p, PUBLISHERS_FROM, buf_bytes(&key), title, strlen(title), found, arg);
}

void
publishers_by(const struct publishers *p, enum publishers_kind kind, const char *said,
	      publishers_found *found, void *arg)
{
	SCOPED(buf_done) struct buf key = buf_init(PUBLISHER_KEY_BYTES_MAX);

	if (p->of_kind[kind] == 0 || !kinds[kind].key(said, &key))
		return;
	/* The whole, and what stands in front of each of its parts' ends. */
	for (size_t i = 1; i <= key.len; i++)
		if (i == key.len || (kinds[kind].part && key.data[i] == kinds[kind].part))
			look_up(p, kind, (struct bytes){key.data, i}, said, strlen(said), found,
				arg);
}
