#include "classifier/explain.h"

#include <string.h>

static void
explain_evidence(const struct tagger_evidence *e, struct buf *out)
{
	static const char *const verdicts[] = {[TAGGER_MASKED] = "masked", [TAGGER_VETO] = "veto"};
	const char *file = strrchr(e->file, '/');

	if (e->verdict == TAGGER_COUNTED)
		(void)buf_addf(out, NULL, "    %6.3g", e->weight);
	else
		(void)buf_addf(out, NULL, "    %6s", verdicts[e->verdict]);
	(void)buf_addf(out, NULL, "  %s@%lld '%s'  by '%s'  %s:%d\n", e->field, (long long)e->at,
		       e->text, e->rule, file ? file + 1 : e->file, e->line);
}

void
explain_item(const struct rules *rules, const struct tagger *tagger, const struct item *item,
	     struct buf *out)
{
	size_t score_count, evidence_count;
	const struct tagger_score *scores = tagger_scores(tagger, &score_count);
	const struct tagger_evidence *evidence = tagger_evidence(tagger, &evidence_count);

	(void)buf_addf(out, NULL, "%s\n", item->title ? item->title : "(no title)");
	if (score_count == 0)
		(void)buf_adds(out, "  no phrase of any tag was met\n", NULL);
	for (size_t i = 0; i < score_count; i++) {
		const struct rules_tag *tag = &rules->tags[scores[i].tag];
		const char *verdict = scores[i].given    ? "given"
				      : scores[i].vetoed ? "vetoed"
							 : "not given";

		(void)buf_addf(out, NULL, "  %s: %s, %.6g of %.6g\n", tag->name, verdict,
			       scores[i].score, tag->threshold);
		for (size_t k = 0; k < evidence_count; k++)
			if (evidence[k].tag == scores[i].tag)
				explain_evidence(&evidence[k], out);
	}
}
