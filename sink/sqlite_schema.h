/* sqlite_schema - the tables of the sqlite sink, as feedmill-sink(8) tells people of them: what
 * stands here once stays; a change is a further migration. */
#ifndef FM_SINK_SQLITE_SCHEMA_H
#define FM_SINK_SQLITE_SCHEMA_H

/* NULL-terminated, for db_options. */
extern const char *const sqlite_migrations[];

/* Before each commit: the new rows of items go into the full-text index. */
extern const char sqlite_index_new[];

#endif
