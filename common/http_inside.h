/* http_inside - what the parts of http share: http.c (the client, its requests, its loop),
 * http_limits.c (what libcurl calls while a transfer runs) and http_response.c (how it ended). */
#ifndef FM_COMMON_HTTP_INSIDE_H
#define FM_COMMON_HTTP_INSIDE_H

#include "common/http.h"

#include <curl/curl.h>

enum {
	HTTP_SPARES_MAX = 128,
	HTTP_DNS_CACHE_S = 60,    /* a name's address is known for so long */
	HTTP_DNS_PRUNE_MS = 1000, /* then, within that, it is forgotten */
	HTTP_DNS_NAMES_MAX = 512, /* names known, about: then all are forgotten */
};

struct http {
	CURLM *multi;
	int epoll;
	int64_t due_ms;   /* monotonic, when libcurl wants its timer; -1: not */
	int64_t rest_ms;  /* monotonic, when to close what is idle; -1: nothing is */
	int64_t prune_ms; /* monotonic, when to forget old addresses of names */
	int64_t names;    /* looked up since all were forgotten */
	struct http_options options;
	char *user_agent, *ca_file;
	size_t active, bodies_bytes;
	struct http_transfer *all; /* that were not freed yet */
	struct http_transfer *done, **done_tail;
	CURL *spares[HTTP_SPARES_MAX];
	size_t spare_count;
};

struct http_transfer {
	struct http *http;
	struct http_transfer *next, **link; /* in all */
	struct http_transfer *next_done;
	CURL *easy;
	struct curl_slist *headers;
	void *owner;
	bool running, ended; /* ended: and not taken, in done */
	bool asked;          /* the request was let through */
	bool alone;          /* see http_request */
	size_t body_max, head_bytes, sockets;
	enum http_end end;
	const char *why, *refused;       /* our own reasons; they live on */
	char complaint[CURL_ERROR_SIZE]; /* libcurl's */
	struct buf head, body;
};

/* Ends it as that. The first reason stays: what libcurl says later is a consequence of it. */
void http_fail(struct http_transfer *transfer, enum http_end end, const char *why);

/* libcurl's callbacks, with the transfer as their argument: CURLOPT_HEADERFUNCTION,
 * WRITEFUNCTION, OPENSOCKETFUNCTION and PREREQFUNCTION. */
size_t http_on_head(char *data, size_t size, size_t count, void *arg);
size_t http_on_body(char *data, size_t size, size_t count, void *arg);
curl_socket_t http_on_open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address);
int http_on_request(void *arg, char *peer, char *self, int peer_port, int self_port);

/* libcurl has said that it is over: what that means. */
void http_conclude(struct http_transfer *transfer, CURLcode rc);

#endif
