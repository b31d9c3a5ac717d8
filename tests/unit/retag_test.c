#include "classifier/retag.h"
#include "tests/unit/check.h"

static const struct item_why why = {"crypto", "title", "Crypto \"x\"", 3};
static const struct item_tag tag = {"crypto", 4.5, &why, 1};

#define TAGS                                                                                       \
	"[{\"tag\":\"crypto\",\"score\":4.5,\"why\":[{\"rule\":\"crypto\",\"field\":\"title\","    \
	"\"text\":\"Crypto \\\"x\\\"\",\"at\":3}]}]"

static const char *
retagged(const char *line, size_t count)
{
	static struct buf out;

	buf_done(&out);
	out = buf_init(4096);
	retag(line, strlen(line), &tag, count, &out);
	return buf_str(&out);
}

static void
adds_tags_behind_what_was_there(void)
{
	CHECK_STR(retagged("{\"id\": \"1\", \"x\":[1,{\"tags\":2}]}", 1),
		  "{\"id\": \"1\",\"x\":[1,{\"tags\":2}],\"tags\":" TAGS "}");
	CHECK_STR(retagged("{}", 1), "{\"tags\":" TAGS "}");
	CHECK_STR(retagged("{\"a\":1}", 0), "{\"a\":1,\"tags\":[]}");
}

static void
replaces_the_tags_that_were_there(void)
{
	CHECK_STR(retagged("{\"tags\":[{\"tag\":\"old\"},\"}\"],\"a\":\"\\\"tags\\\":,}\"}", 0),
		  "{\"a\":\"\\\"tags\\\":,}\",\"tags\":[]}");
	CHECK_STR(retagged(" { \"a\" : {} , \"tags\" : null } ", 0), "{\"a\" : {} ,\"tags\":[]}");
}

int
main(void)
{
	RUN(adds_tags_behind_what_was_there);
	RUN(replaces_the_tags_that_were_there);
	return check_done();
}
