/* look - what feedmill-classifier tells a person out of the outbox on the disk, whether a
 * classifier runs or not: the story of an item, the ids of items by address. */
#ifndef FM_CLASSIFIER_LOOK_H
#define FM_CLASSIFIER_LOOK_H

/* argv[0] is the command's name. Each returns the exit status: 0 good, 1 not, 2 usage. */
int look_explain(int argc, char **argv); /* explain [-c FILE] ITEM-ID: a line of JSON */
int look_find(int argc, char **argv);    /* find [-c FILE] URL|GUID: ids, the newest first */

#endif
