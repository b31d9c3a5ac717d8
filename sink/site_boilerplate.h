/* site_boilerplate - what feeds put behind an article and no reader wants: "The post X appeared
 * first on Y", "was originally published in ... on Medium", "Continue reading", dots in brackets.
 */
#ifndef FM_SINK_SITE_BOILERPLATE_H
#define FM_SINK_SITE_BOILERPLATE_H

#include <stdbool.h>

#include "sink/site_block.h"

/* Cuts it off the paragraph, or all of it; whether it was found. */
bool boilerplate_drop(struct block *block);

/* Takes "[…]", "(more...)" and dots off the end; whether they were there: the publisher has cut
 * the text. */
bool boilerplate_drop_ellipsis(struct block *block);

#endif
