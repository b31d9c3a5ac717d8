#include <stdio.h>

#include "common/curve.h"
#include "deploy/feedmill/command.h"

int
command_keygen(int argc, char **argv)
{
	const char *folder = argc > 1 ? argv[1] : "/etc/feedmill/keys";
	struct curve_key public;
	struct err err = {.kind = ERR_NONE};

	if (argc > 2)
		return command_usage("keygen [FOLDER]");
	if (curve_generate(folder, &public, &err) < 0)
		return command_bad("%s", err.text);
	(void)printf("%s\n", public.text);
	(void)fprintf(stderr,
		      "feedmill: copy %s/public.pub to the other machines' peers/NAME.pub, and "
		      "theirs to %s/peers\n",
		      folder, folder);
	return COMMAND_GOOD;
}
