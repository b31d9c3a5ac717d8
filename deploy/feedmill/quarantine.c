/* feedmill quarantine: documents (kept by the fetcher) and items (kept by the classifier) that
 * could not be handled. Each has a name: "document/7", "item/3". */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "deploy/feedmill/ask.h"
#include "deploy/feedmill/command.h"
#include "deploy/feedmill/show.h"

static const struct keeper {
	const char *kind, *stage;
} keepers[] = {{"document", "fetcher"}, {"item", "classifier"}};

enum {
	KEEPERS = sizeof(keepers) / sizeof(keepers[0]),
	PAGE_ROWS = 1000, /* of a stage's answer */
	BODY_SHOWN_BYTES = 16 * 1024,
	NAME_BYTES = 64,
};

static const char USAGE[] = "quarantine list [documents|items] | show ID [--body] | retry ID ... | "
			    "drop ID ...; an ID is document/N or item/N as list shows it, or "
			    "documents, items or all";

struct quarantine {
	const char *runtime_dir;
	bool json, body;
};

/* Rows. */

struct page {
	const struct quarantine *q;
	const struct keeper *keeper;
	void (*each)(struct page *page, const struct jsonval *row, const char *line, size_t len);
	long long last;
	size_t rows;
	int bad; /* of what each does */
};

static void
on_row(void *arg, const struct jsonval *row, const char *line, size_t len)
{
	struct page *page = arg;

	page->last = show_number(row, "id");
	page->rows++;
	page->each(page, row, line, len);
}

/* Every row of a keeper, a page at a time. */
static int
each_row(struct page *page)
{
	do {
		SCOPED(buf_done) struct buf answer = buf_init(ASK_ANSWER_MAX);
		struct err err = {.kind = ERR_NONE};
		char after[32];

		(void)snprintf(after, sizeof(after), "%lld", page->last);
		if (ask(page->q->runtime_dir, page->keeper->stage, "main", "quarantine-list",
			page->last ? after : NULL, &answer, &err) < 0)
			return command_bad("%s; is it running? (feedmill status)", err.text);
		page->rows = 0;
		show_lines(&answer, on_row, page);
	} while (page->rows >= PAGE_ROWS);
	return page->bad ? COMMAND_BAD : COMMAND_GOOD;
}

/* {"name":"document/7", and what the stage says}. */
static void
print_json(const char *kind, long long id, const char *line, size_t len)
{
	(void)printf("{\"name\":\"%s/%lld\",%.*s\n", kind, id, (int)len - 1, line + 1);
}

static void
print_row(struct page *page, const struct jsonval *row, const char *line, size_t len)
{
	const long long id = show_number(row, "id");
	const char *about = show_text(row, page->keeper == &keepers[0] ? "feed" : "ref");
	const char *reason = show_text(row, "reason");
	char name[NAME_BYTES];

	if (page->q->json) {
		print_json(page->keeper->kind, id, line, len);
		return;
	}
	(void)snprintf(name, sizeof(name), "%s/%lld", page->keeper->kind, id);
	(void)printf("%-14s %s  by %s, attempts %lld, %s %s\n               ", name,
		     show_text(row, "at"), show_text(row, "stage"), show_number(row, "attempts"),
		     page->keeper == &keepers[0] ? "feed" : "item", *about ? about : "unknown");
	show_safely(stdout, reason, strlen(reason), 0);
	(void)putchar('\n');
}

/* Which keepers "documents", "items", "all" mean; 0: none of these words. */
static unsigned
keepers_of(const char *word)
{
	if (strcmp(word, "all") == 0)
		return 3;
	for (unsigned i = 0; i < KEEPERS; i++) {
		const size_t len = strlen(keepers[i].kind);

		if (strncmp(word, keepers[i].kind, len) == 0 && strcmp(word + len, "s") == 0)
			return 1U << i;
	}
	return 0;
}

static int
list(const struct quarantine *q, unsigned which)
{
	int bad = 0;
	bool any = false;

	for (size_t i = 0; i < KEEPERS; i++) {
		struct page page = {.q = q, .keeper = &keepers[i], .each = print_row};

		if (which & 1U << i)
			bad |= each_row(&page);
		any |= page.last > 0;
	}
	if (!bad && !any && !q->json)
		(void)printf("nothing is in the quarantine\n");
	return bad;
}

/* One of them. */

/* "document/7": its keeper and "7". */
static const struct keeper *
keeper_of(const char *name, const char **number_out)
{
	for (size_t i = 0; i < KEEPERS; i++) {
		const size_t len = strlen(keepers[i].kind);

		if (strncmp(name, keepers[i].kind, len) != 0 || name[len] != '/')
			continue;
		*number_out = name + len + 1;
		return **number_out ? &keepers[i] : NULL;
	}
	return NULL;
}

/* Base64 as the fetcher writes it, without blanks; new, or NULL. */
static char *
decode_base64(const char *text, size_t *len_out)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char *out = malloc(strlen(text) / 4 * 3 + 3);
	unsigned bits = 0, have = 0;
	size_t len = 0;

	for (; out && *text && *text != '='; text++) {
		const char *digit = strchr(digits, *text);

		if (!digit)
			break;
		bits = bits << 6 | (unsigned)(digit - digits);
		have += 6;
		if (have >= 8) {
			have -= 8;
			out[len++] = (char)(bits >> have & 0xFF);
		}
	}
	*len_out = len;
	return out;
}

struct showing {
	const struct quarantine *q;
	const struct keeper *keeper;
};

static void
print_body(const struct quarantine *q, const struct jsonval *row)
{
	const char *coded = show_text(row, "body_b64");
	size_t len = 0;
	SCOPED(free) char *body = decode_base64(coded, &len);

	if (!body || !len)
		return;
	if (q->body) {
		(void)fwrite(body, 1, len, stdout);
		return;
	}
	(void)putchar('\n');
	show_safely(stdout, body, len < BODY_SHOWN_BYTES ? len : BODY_SHOWN_BYTES, 1);
	if (len > BODY_SHOWN_BYTES)
		(void)printf("\n... and %zu bytes more: --body writes all of it",
			     len - BODY_SHOWN_BYTES);
	(void)putchar('\n');
}

static void
print_item(const struct jsonval *item)
{
	static const char *const members[] = {"id",    "rev",       "guid",   "url",
					      "title", "published", "summary"};

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		show_row(members[i], show_text(item, members[i]));
	show_row("feed", show_text(jsonval_get(item, "feed"), "url"));
	if (*show_text(item, "content")) {
		const char *content = show_text(item, "content");
		const size_t len = strlen(content);

		(void)putchar('\n');
		show_safely(stdout, content, len < BODY_SHOWN_BYTES ? len : BODY_SHOWN_BYTES, 1);
		(void)putchar('\n');
	}
}

static void
print_whole(void *arg, const struct jsonval *row, const char *line, size_t len)
{
	static const char *const members[] = {"at",           "stage",    "reason",
					      "feed",         "feed_url", "url",
					      "content_type", "fetched",  "body_hex"};
	const struct showing *showing = arg;

	if (showing->q->json) {
		print_json(showing->keeper->kind, show_number(row, "id"), line, len);
		return;
	}
	if (!showing->q->body) {
		(void)printf("%-12s  %s/%lld\n", "name", showing->keeper->kind,
			     show_number(row, "id"));
		for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
			show_row(members[i], show_text(row, members[i]));
		(void)printf("%-12s  %lld\n", "attempts", show_number(row, "attempts"));
		print_item(jsonval_get(row, "item"));
	}
	print_body(showing->q, row);
}

static int
show(const struct quarantine *q, const char *name)
{
	SCOPED(buf_done) struct buf answer = buf_init(ASK_ANSWER_MAX);
	struct err err = {.kind = ERR_NONE};
	const char *number;
	const struct keeper *keeper = keeper_of(name, &number);
	struct showing showing = {q, keeper};

	if (!keeper)
		return command_usage("'%s': %s", name, USAGE);
	if (ask(q->runtime_dir, keeper->stage, "main", "quarantine-show", number, &answer, &err) <
	    0)
		return command_bad("%s", err.text);
	show_lines(&answer, print_whole, &showing);
	return COMMAND_GOOD;
}

/* What to do with them. */

/* retry or drop. */
static int
act(const struct quarantine *q, const char *verb, const struct keeper *keeper, const char *number)
{
	SCOPED(buf_done) struct buf answer = buf_init(ASK_ANSWER_MAX);
	SCOPED(buf_done) struct buf said = buf_init(ASK_ANSWER_MAX);
	struct err err = {.kind = ERR_NONE};
	struct json j = json_into(&said);
	char command[NAME_BYTES], name[NAME_BYTES];
	int status = COMMAND_GOOD;

	(void)snprintf(command, sizeof(command), "quarantine-%s", verb);
	(void)snprintf(name, sizeof(name), "%s/%.40s", keeper->kind, number);
	if (ask(q->runtime_dir, keeper->stage, "main", command, number, &answer, &err) < 0)
		status = command_bad("%s: %s", name, err.text);
	if (q->json) {
		json_object(&j);
		json_member(&j, "name", name);
		json_key(&j, strcmp(verb, "retry") == 0 ? "retried" : "dropped");
		json_bool(&j, status == COMMAND_GOOD);
		if (status != COMMAND_GOOD)
			json_member(&j, "error", err.text);
		json_close(&j);
		(void)printf("%s\n", buf_str(&said));
	} else if (status == COMMAND_GOOD && strcmp(verb, "retry") == 0) {
		(void)printf("%s is tried again\n", name);
	} else if (status == COMMAND_GOOD) {
		(void)printf("%s is dropped%s\n", name,
			     keeper == &keepers[0] ? "; its feed is fetched whole the next time"
						   : "");
	}
	return status;
}

static void
retry_row(struct page *page, const struct jsonval *row, const char *line, size_t len)
{
	char number[32];

	(void)line;
	(void)len;
	(void)snprintf(number, sizeof(number), "%lld", show_number(row, "id"));
	page->bad |= act(page->q, "retry", page->keeper, number);
}

static void
drop_row(struct page *page, const struct jsonval *row, const char *line, size_t len)
{
	char number[32];

	(void)line;
	(void)len;
	(void)snprintf(number, sizeof(number), "%lld", show_number(row, "id"));
	page->bad |= act(page->q, "drop", page->keeper, number);
}

static int
act_on(const struct quarantine *q, const char *verb, const char *name)
{
	const unsigned which = keepers_of(name);
	const char *number;
	const struct keeper *keeper = keeper_of(name, &number);
	int bad = 0;

	if (keeper)
		return act(q, verb, keeper, number);
	if (!which)
		return command_usage("'%s': %s", name, USAGE);
	for (size_t i = 0; i < KEEPERS; i++) {
		struct page page = {.q = q,
				    .keeper = &keepers[i],
				    .each = strcmp(verb, "retry") == 0 ? retry_row : drop_row};

		if (which & 1U << i)
			bad |= each_row(&page);
	}
	return bad;
}

int
command_quarantine(int argc, char **argv)
{
	const char *path = command_config_path(&argc, argv);
	struct quarantine q = {.json = command_flag(&argc, argv, "--json"),
			       .body = command_flag(&argc, argv, "--body")};
	const char *verb = argc > 1 ? argv[1] : "";
	struct options_common common;
	struct err err = {.kind = ERR_NONE};
	SCOPED(config_free) struct config *config = NULL;
	int bad = 0;

	if (strcmp(verb, "list") == 0 ? argc > 3 || (argc == 3 && !keepers_of(argv[2]))
	    : strcmp(verb, "show") == 0
		    ? argc != 3
		    : (strcmp(verb, "retry") != 0 && strcmp(verb, "drop") != 0) || argc < 3)
		return command_usage("%s", USAGE);
	config = options_load(path, &common, &err);
	if (!config)
		return command_bad("%s", err.text);
	q.runtime_dir = common.runtime_dir;
	if (strcmp(verb, "list") == 0)
		return list(&q, argc == 3 ? keepers_of(argv[2]) : 3);
	if (strcmp(verb, "show") == 0)
		return show(&q, argv[2]);
	for (int i = 2; i < argc; i++) {
		const int status = act_on(&q, verb, argv[i]);

		bad = status > bad ? status : bad;
	}
	return bad;
}
