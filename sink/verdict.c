#include "sink/verdict.h"

int
verdict_of(struct fm_sink *sink, const struct err *err)
{
	static const int verdicts[] = {
		[ERR_NONE] = FM_FATAL,   [ERR_RETRY] = FM_RETRY, [ERR_REJECT] = FM_REJECT,
		[ERR_USAGE] = FM_CONFIG, [ERR_FATAL] = FM_FATAL,
	};

	return fm_fail(sink, verdicts[err->kind], "%s", err->text);
}

int
verdict_at_open(struct fm_sink *sink, const struct err *err)
{
	return fm_fail(sink, err->kind == ERR_USAGE ? FM_CONFIG : FM_FATAL, "%s", err->text);
}
