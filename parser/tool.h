/* tool - the one-shot commands of the parser's program: parse and sanitize, which run the very code
 * of the stage on a file. The operator's command runs them. */
#ifndef FM_PARSER_TOOL_H
#define FM_PARSER_TOOL_H

/* Runs the command that argv[1] names and puts its exit status (0 good, 1 not, 2 usage) into
 * *status_out. 0: argv[1] is no such command, and nothing was done. */
int tool_run(int argc, char **argv, int *status_out);

#endif
