/* site_assets - the files of sink/site/, compiled in: what every site has as it is. */
#ifndef FM_SINK_SITE_ASSETS_H
#define FM_SINK_SITE_ASSETS_H

#include <stddef.h>

struct site_asset {
	const char *path; /* in the site's folder */
	const char *data;
	size_t len;
};

/* NULL past the last. */
const struct site_asset *site_asset_at(size_t i);

#endif
