/* command - what feedmill-classifier does for a person at a terminal instead of running as a
 * stage: feedmill-classifier(8). */
#ifndef FM_CLASSIFIER_COMMAND_H
#define FM_CLASSIFIER_COMMAND_H

/* argv[0] is the command's name. Each returns the exit status: 0 good, 1 not, 2 usage. */
int command_classify(int argc, char **argv);
int command_check_rules(int argc, char **argv);

#endif
