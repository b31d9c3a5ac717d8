#include "sink/site_assets.h"

/* The assembler reads the file, by its path from the project's root; the Makefile says which
 * files this object depends on. */
#define ASSET(name, file)                                                                          \
	__asm__(".pushsection .rodata\n"                                                           \
		".balign 16\n"                                                                     \
		"asset_" #name ":\n"                                                               \
		".incbin \"" file "\"\n"                                                           \
		"asset_" #name "_end:\n"                                                           \
		".byte 0\n"                                                                        \
		".popsection\n");                                                                  \
	extern const char asset_##name[] __attribute__((visibility("hidden")));                    \
	extern const char asset_##name##_end[] __attribute__((visibility("hidden")))

ASSET(style, "sink/site/style.css");
ASSET(search, "sink/site/search.js");
ASSET(favicon, "sink/site/favicon.svg");

const struct site_asset *
site_asset_at(size_t i)
{
	static struct site_asset assets[] = {
		{"style.css", asset_style, 0},
		{"favicon.svg", asset_favicon, 0},
		{"search.js", asset_search, 0},
	};

	if (i >= sizeof(assets) / sizeof(assets[0]))
		return NULL;
	assets[0].len = (size_t)(asset_style_end - asset_style);
	assets[1].len = (size_t)(asset_favicon_end - asset_favicon);
	assets[2].len = (size_t)(asset_search_end - asset_search);
	return &assets[i];
}
