/* site_intake - an item of the mill as the site keeps it: one clean line for each plain text, an
 * excerpt for its HTML, only addresses that a page may lead to, and a date that it can be filed
 * under. */
#ifndef FM_SINK_SITE_INTAKE_H
#define FM_SINK_SITE_INTAKE_H

#include "common/feedmill.h"
#include "common/scope.h"
#include "sink/site_conf.h"
#include "sink/site_store.h"

enum {
	INTAKE_TITLE_CHARS = 300,
	INTAKE_NAME_CHARS = 100,
	INTAKE_TAG_CHARS = 64,
	INTAKE_URL_BYTES = 2500, /* as it stands in a page, escaped */
};

struct site_intake;

/* Borrows conf. Returns new; release with intake_free. */
struct site_intake *intake_new(const struct site_conf *conf, struct err *err);
void intake_free(struct site_intake *intake);
SCOPED_DEFINE(struct site_intake, intake_free)

/* Fills out; its texts live until the next call. ERR_REJECT: the item has no id. */
int intake_item(struct site_intake *intake, const struct fm_item *item, struct site_item *out,
		struct err *err);

#endif
