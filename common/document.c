#include "common/document.h"

#include "common/wire.h"

/* Encoder and decoder name the fields in the same order. */
int
document_encode(const struct document *doc, struct buf *out, struct err *err)
{
	struct wire_map map = wire_map_begin(out);

	wire_map_int(&map, "v", DOCUMENT_VERSION);
	wire_map_str(&map, "feed_id", doc->feed_id);
	wire_map_str(&map, "feed_url", doc->feed_url);
	wire_map_str(&map, "url", doc->url);
	wire_map_str(&map, "folder", doc->folder);
	wire_map_str(&map, "content_type", doc->content_type);
	wire_map_str(&map, "content_language", doc->content_language);
	wire_map_str(&map, "content_location", doc->content_location);
	wire_map_uint(&map, "seq", doc->seq);
	wire_map_int(&map, "fetched", doc->fetched_s);
	wire_map_int(&map, "status", doc->status);
	wire_map_bin(&map, "body", doc->body);
	wire_map_end(&map);
	if (buf_failed(out, err) < 0)
		return err_in(err, "document");
	return 0;
}

int
document_decode(struct bytes msg, struct arena *arena, struct document *out, struct err *err)
{
	struct wire_in *in = wire_in(msg, arena);
	const struct document doc = {
		.feed_id = wire_str(in, "feed_id", DOCUMENT_TEXT_BYTES_MAX),
		.feed_url = wire_str(in, "feed_url", DOCUMENT_TEXT_BYTES_MAX),
		.url = wire_str(in, "url", DOCUMENT_TEXT_BYTES_MAX),
		.folder = wire_str(in, "folder", DOCUMENT_TEXT_BYTES_MAX),
		.content_type = wire_str(in, "content_type", DOCUMENT_TEXT_BYTES_MAX),
		.content_language = wire_str(in, "content_language", DOCUMENT_TEXT_BYTES_MAX),
		.content_location = wire_str(in, "content_location", DOCUMENT_TEXT_BYTES_MAX),
		.seq = wire_uint(in, "seq"),
		.fetched_s = wire_int(in, "fetched"),
		.status = wire_int(in, "status"),
		.body = wire_bin(in, "body", DOCUMENT_BODY_BYTES_MAX),
	};

	if (!doc.feed_id || !doc.feed_url)
		wire_fail(in, "no feed_id or no feed_url");
	if (wire_fault(in, err) < 0)
		return err_in(err, "document");
	*out = doc;
	return 0;
}
