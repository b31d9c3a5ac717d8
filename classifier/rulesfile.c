#include "classifier/rulesfile.h"

#include <string.h>
#include <unistd.h>

#include "common/options.h"

int
rulesfile_path(const char *config_path, const char *value, struct buf *out, struct err *err)
{
	const char *folder_end = strrchr(config_path, '/');

	if (!value)
		value = RULESFILE_DEFAULT;
	if (value[0] != '/' && folder_end &&
	    buf_add(out, config_path, (size_t)(folder_end + 1 - config_path), err) < 0)
		return -1;
	return buf_adds(out, value, err);
}

int
rulesfile_find(const char *config_path, struct buf *out, struct err *err)
{
	SCOPED(config_free) struct config *config = NULL;
	const struct config_section *section;
	struct config_list values;
	struct options_common common;

	if (!config_path)
		config_path = getenv("FEEDMILL_CONF");
	if (!config_path && access(RULESFILE_CONFIG, R_OK) < 0) {
		if (rulesfile_path(RULESFILE_CONFIG, NULL, out, err) < 0)
			return -1;
		if (access(buf_str(out), R_OK) == 0)
			return 0;
		return err_set(err, ERR_USAGE,
			       "no rules: give --rules FILE, or -c FILE for the feedmill.conf that "
			       "names them (there is no " RULESFILE_CONFIG " and no %s)",
			       buf_str(out));
	}
	config = options_load(config_path ? config_path : RULESFILE_CONFIG, &common, err);
	if (!config)
		return -1;
	section = config_section_find(config, "classifier", "");
	values = section ? config_values(config, section, "rules") : (struct config_list){0};
	return rulesfile_path(config_path ? config_path : RULESFILE_CONFIG,
			      values.count > 0 ? values.values[values.count - 1].text : NULL, out,
			      err);
}
