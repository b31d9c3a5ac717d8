/* http - HTTP requests under limits on one event loop. The one door to libcurl.
 *
 *     http_new -> http_start ... -> poll http_fd for http_timeout_ms -> http_run
 *              -> http_take_done -> http_response -> http_transfer_free
 *
 * A request is one request: redirects, retries and credentials for other hosts are the caller's
 * decisions. Proxies, cookies, netrc and alt-svc are off; certificates are verified; only http and
 * https exist; whatever a server does, a transfer ends within its limits of time and bytes. */
#ifndef FM_COMMON_HTTP_H
#define FM_COMMON_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "common/buf.h"
#include "common/err.h"
#include "common/scope.h"

struct http;
struct http_transfer;

struct http_options {
	const char *user_agent; /* copied */
	const char *ca_file;    /* PEM; NULL: $SSL_CERT_FILE, else the system's. Copied */

	/* 0: the default in brackets */
	int64_t connect_ms;    /* [15 s] until a connection stands, TLS included */
	int64_t total_ms;      /* [55 s] the whole transfer */
	int64_t slow_s;        /* [20 s] of less than slow_bytes a second end it */
	int64_t slow_bytes;    /* [50] */
	size_t head_bytes_max; /* [64 KiB] of all header lines together */
	size_t bodies_max;     /* [24 MiB] buffered by all transfers together: see HTTP_BUSY */
	size_t idle_max;       /* [64] connections, those in use too, kept for the next request */

	/* NULL where the address may be connected to, else why not (a text that lives on). Asked
	 * for the very address of each connection, after DNS, and again before each request on a
	 * kept connection. NULL: every address. */
	const char *(*refuse)(void *arg, const struct sockaddr *address);
	void *arg;
};

/* Borrowed until http_start returns, but for body: until the transfer is freed. */
struct http_request {
	const char *method;         /* NULL: GET */
	const char *url;            /* http or https, no userinfo in it */
	const char *userinfo;       /* "name:password" for Basic; NULL: none */
	const char *const *headers; /* "Name: value"; NULL: none */
	size_t header_count;
	struct bytes body;     /* sent with methods that have one */
	size_t body_bytes_max; /* of the response, decoded */
	bool identity;         /* offer no content coding */
	/* Nothing more is wanted of its host for now: the connection is closed, unless a redirect
	 * goes on there. Saves the server's memory and ours: libcurl never forgets a host whose
	 * connection it had to drop to make room for another. */
	bool alone;
};

/* How a transfer ended. All but HTTP_DONE: there is no usable response. */
enum http_end {
	HTTP_DONE,       /* complete, whatever its status */
	HTTP_UNRESOLVED, /* the name has no address */
	HTTP_UNREACHED,  /* nobody accepts the connection, or not within its time */
	HTTP_REFUSED,    /* we do not go there: address, port, scheme, credentials in the URL */
	HTTP_TLS,        /* no trust, or no agreement */
	HTTP_SLOW,       /* over the limits of time */
	HTTP_BROKEN,     /* cut short, reset, or not HTTP */
	HTTP_CODING,     /* the content coding is unknown or does not decode */
	HTTP_TOO_LARGE,  /* over the limits of bytes */
	HTTP_BUSY,       /* no room for its body now: ask again when others are done */
	HTTP_LOCAL,      /* our own fault: memory, descriptors */
};

/* Borrowed from the transfer. */
struct http_response {
	enum http_end end;
	const char *reason; /* in words, of what is not HTTP_DONE; else "" */
	long status;        /* 0: none arrived */
	struct bytes head;  /* the last header block: see httphead */
	struct bytes body;  /* decoded */
	char *location;     /* of a redirect, absolute, fragment included; NULL: none */
	const char *peer;   /* the address talked to; "" */
	int64_t wire_bytes; /* of the body, before decoding */
	int64_t took_us;
	bool fresh; /* a new connection was made for it */
};

/* Returns new. Sets the process's LC_CTYPE to C.UTF-8, which libcurl needs for international
 * names. */
struct http *http_new(const struct http_options *options, struct err *err);
void http_free(struct http *http); /* ends every transfer */
SCOPED_DEFINE(struct http, http_free)

/* Readable: call http_run. The same for the client's whole life. */
int http_fd(const struct http *http);
/* http_run wants to be called after that long at the latest; -1: no need. */
int http_timeout_ms(const struct http *http);
/* Moves everything on that can be moved without waiting. */
int http_run(struct http *http, struct err *err);

/* Returns new: http_transfer_free must come, before or after the end. */
struct http_transfer *http_start(struct http *http, const struct http_request *request, void *owner,
				 struct err *err);
/* A transfer that has ended and was not taken yet, in the order of ending; NULL: none. */
struct http_transfer *http_take_done(struct http *http);
void *http_owner(const struct http_transfer *transfer);
struct http_response http_response(const struct http_transfer *transfer);
/* Gives the body's memory back early: http_response has none from then on. */
void http_drop_body(struct http_transfer *transfer);
/* Ends it if need be. Accepts NULL. */
void http_transfer_free(struct http_transfer *transfer);

size_t http_active(const struct http *http);       /* started, not ended */
size_t http_bodies_bytes(const struct http *http); /* buffered now */

/* "unreached", "too_large", ... for logs. */
const char *http_end_name(enum http_end end);

#endif
