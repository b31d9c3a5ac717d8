/* html_image - pictures: the real one behind a lazy placeholder, no tracking pixels, no picture
 * twice. */
#ifndef FM_PARSER_HTML_IMAGE_H
#define FM_PARSER_HTML_IMAGE_H

#include <stdbool.h>

#include "parser/html_attribute.h"

/* Whether an element of this size or style (width or height of at most a pixel, hidden) is there
 * to be loaded, not to be seen. */
bool html_is_pixel(const struct html_values *values);

/* Whether an absolute URL is one that counts readers. */
bool html_is_tracker(struct bytes url);

/* Writes an img, or nothing and returns false: no usable source, a pixel, or, where it may be a
 * copy (in a noscript, or from a lazy attribute), the image written last. */
bool html_write_image(struct html_writer *w, const struct html_values *values, bool in_noscript);

#endif
