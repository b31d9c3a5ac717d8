/* A page: whatever it holds, what is found in it is a URL that may be asked, and not many of them.
 */
#include <string.h>

#include "common/url.h"
#include "common/utf8.h"
#include "fetcher/discover.h"
#include "tests/fuzz/fuzz.h"

static int
check_found(void *arg, const struct discovered *found)
{
	struct url parts;

	(*(size_t *)arg)++;
	FUZZ_CHECK(url_is_http(found->url, strlen(found->url)));
	FUZZ_CHECK(strlen(found->url) <= URL_MAX_BYTES);
	url_split(found->url, strlen(found->url), &parts);
	FUZZ_CHECK(!parts.userinfo.data && !parts.fragment.data);
	FUZZ_CHECK(!found->title ||
		   (*found->title && utf8_valid(found->title, strlen(found->title)) &&
		    strlen(found->title) <= DISCOVER_TITLE_BYTES_MAX));
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t count = 0;

	(void)discover_kind((struct bytes){data, size});
	/* The same bytes as a head, too. */
	FUZZ_CHECK(discover_links((struct bytes){data, size}, (struct bytes){data, size},
				  "https://example.org/a/b", check_found, &count, NULL) == 0);
	FUZZ_CHECK(count <= DISCOVER_FOUND_MAX);
	return 0;
}
