#include "parser/charset_labels.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "parser/charset.h"

/* clang-format off */
static const struct charset CHARSETS[] = {
	/* name, iconv's name, multibyte */
	{"utf-8", NULL, true},
	{"utf-16le", NULL, true},
	{"utf-16be", NULL, true},
	{"utf-32le", NULL, true},
	{"utf-32be", NULL, true},
	{"windows-1252", "CP1252", false},
	{"windows-1250", "CP1250", false},
	{"windows-1251", "CP1251", false},
	{"windows-1253", "CP1253", false},
	{"windows-1254", "CP1254", false},
	{"windows-1255", "CP1255", false},
	{"windows-1256", "CP1256", false},
	{"windows-1257", "CP1257", false},
	{"windows-1258", "CP1258", false},
	{"windows-874", "CP874", false},
	{"iso-8859-2", "ISO-8859-2", false},
	{"iso-8859-3", "ISO-8859-3", false},
	{"iso-8859-4", "ISO-8859-4", false},
	{"iso-8859-5", "ISO-8859-5", false},
	{"iso-8859-6", "ISO-8859-6", false},
	{"iso-8859-7", "ISO-8859-7", false},
	{"iso-8859-8", "ISO-8859-8", false},
	{"iso-8859-8-i", "ISO-8859-8", false},
	{"iso-8859-10", "ISO-8859-10", false},
	{"iso-8859-13", "ISO-8859-13", false},
	{"iso-8859-14", "ISO-8859-14", false},
	{"iso-8859-15", "ISO-8859-15", false},
	{"iso-8859-16", "ISO-8859-16", false},
	{"koi8-r", "KOI8-R", false},
	{"koi8-u", "KOI8-U", false},
	{"koi8-t", "KOI8-T", false},
	{"macintosh", "MACINTOSH", false},
	{"x-mac-cyrillic", "MAC-CYRILLIC", false},
	{"x-mac-centraleurope", "MAC-CENTRALEUROPE", false},
	{"ibm866", "CP866", false},
	{"gb18030", "GB18030", true},
	{"big5", "BIG5-HKSCS", true},
	{"euc-jp", "EUC-JP-MS", true},
	{"shift_jis", "CP932", true},
	{"iso-2022-jp", "ISO-2022-JP-3", true},
	{"euc-kr", "CP949", true},
	{"iso-2022-kr", "ISO-2022-KR", true},
	{"euc-tw", "EUC-TW", true},
	{"johab", "JOHAB", true},
	{"cp437", "CP437", false},
	{"cp737", "CP737", false},
	{"cp775", "CP775", false},
	{"cp850", "CP850", false},
	{"cp852", "CP852", false},
	{"cp855", "CP855", false},
	{"cp856", "CP856", false},
	{"cp857", "CP857", false},
	{"cp858", "CP858", false},
	{"cp860", "CP860", false},
	{"cp861", "CP861", false},
	{"cp862", "CP862", false},
	{"cp863", "CP863", false},
	{"cp864", "CP864", false},
	{"cp865", "CP865", false},
	{"cp869", "CP869", false},
	{"cp1125", "CP1125", false},
	/* EBCDIC: read only where the bytes show that they are. */
	{"cp037", "IBM037", false},
	{"cp273", "IBM273", false},
	{"cp424", "IBM424", false},
	{"cp500", "IBM500", false},
	{"cp1026", "IBM1026", false},
	{"cp1140", "IBM1140", false},
	{"pt154", "PT154", false},
	{"hp-roman8", "HP-ROMAN8", false},
	{"viscii", "VISCII", false},
	{"tcvn", "TCVN5712-1", false},
	{"georgian-ps", "GEORGIAN-PS", false},
	{"armscii-8", "ARMSCII-8", false},
};

/* Other spellings, beside the names above. Those of the WHATWG standard, and those that Python,
 * Java, PHP and Windows write. All in the plain form that plain() makes. */
static const struct {
	const char *label, *name;
} ALIASES[] = {
	{"unicode11utf8", "utf-8"}, {"unicode20utf8", "utf-8"}, {"utf8", "utf-8"},
	{"xunicode20utf8", "utf-8"}, {"u8", "utf-8"}, {"utf8mb4", "utf-8"}, {"utf8n", "utf-8"},
	{"cp65001", "utf-8"}, {"utf8bom", "utf-8"}, {"utf8sig", "utf-8"},
	{"utf16", "utf-16le"}, {"unicode", "utf-16le"}, {"csunicode", "utf-16le"},
	{"iso10646ucs2", "utf-16le"}, {"ucs2", "utf-16le"}, {"unicodefeff", "utf-16le"},
	{"u16", "utf-16le"}, {"unicodefffe", "utf-16be"}, {"utf32", "utf-32le"},
	{"u32", "utf-32le"}, {"ucs4", "utf-32le"}, {"iso10646ucs4", "utf-32le"},
	{"ansix341968", "windows-1252"}, {"ansix341986", "windows-1252"}, {"ascii", "windows-1252"},
	{"cp1252", "windows-1252"}, {"cp819", "windows-1252"}, {"csisolatin1", "windows-1252"},
	{"ibm819", "windows-1252"}, {"iso88591", "windows-1252"}, {"isoir100", "windows-1252"},
	{"l1", "windows-1252"}, {"latin1", "windows-1252"}, {"latin", "windows-1252"},
	{"usascii", "windows-1252"}, {"us", "windows-1252"}, {"xcp1252", "windows-1252"},
	{"ansi", "windows-1252"}, {"88591", "windows-1252"}, {"iso646us", "windows-1252"},
	{"cp1250", "windows-1250"}, {"xcp1250", "windows-1250"},
	{"cp1251", "windows-1251"}, {"xcp1251", "windows-1251"}, {"win1251", "windows-1251"},
	{"cp1253", "windows-1253"}, {"xcp1253", "windows-1253"},
	{"cp1254", "windows-1254"}, {"csisolatin5", "windows-1254"}, {"iso88599", "windows-1254"},
	{"isoir148", "windows-1254"}, {"l5", "windows-1254"}, {"latin5", "windows-1254"},
	{"xcp1254", "windows-1254"},
	{"cp1255", "windows-1255"}, {"xcp1255", "windows-1255"},
	{"cp1256", "windows-1256"}, {"xcp1256", "windows-1256"},
	{"cp1257", "windows-1257"}, {"xcp1257", "windows-1257"},
	{"cp1258", "windows-1258"}, {"xcp1258", "windows-1258"},
	{"dos874", "windows-874"}, {"iso885911", "windows-874"}, {"tis620", "windows-874"},
	{"cp874", "windows-874"}, {"tis62025290", "windows-874"}, {"tis62025330", "windows-874"},
	{"csisolatin2", "iso-8859-2"}, {"isoir101", "iso-8859-2"}, {"l2", "iso-8859-2"},
	{"latin2", "iso-8859-2"},
	{"csisolatin3", "iso-8859-3"}, {"isoir109", "iso-8859-3"}, {"l3", "iso-8859-3"},
	{"latin3", "iso-8859-3"},
	{"csisolatin4", "iso-8859-4"}, {"isoir110", "iso-8859-4"}, {"l4", "iso-8859-4"},
	{"latin4", "iso-8859-4"},
	{"csisolatincyrillic", "iso-8859-5"}, {"cyrillic", "iso-8859-5"}, {"isoir144", "iso-8859-5"},
	{"arabic", "iso-8859-6"}, {"asmo708", "iso-8859-6"}, {"csiso88596e", "iso-8859-6"},
	{"csiso88596i", "iso-8859-6"}, {"csisolatinarabic", "iso-8859-6"},
	{"ecma114", "iso-8859-6"}, {"iso88596e", "iso-8859-6"}, {"iso88596i", "iso-8859-6"},
	{"isoir127", "iso-8859-6"},
	{"csisolatingreek", "iso-8859-7"}, {"ecma118", "iso-8859-7"}, {"elot928", "iso-8859-7"},
	{"greek", "iso-8859-7"}, {"greek8", "iso-8859-7"}, {"isoir126", "iso-8859-7"},
	{"suneugreek", "iso-8859-7"},
	{"csiso88598e", "iso-8859-8"}, {"csisolatinhebrew", "iso-8859-8"}, {"hebrew", "iso-8859-8"},
	{"iso88598e", "iso-8859-8"}, {"isoir138", "iso-8859-8"}, {"visual", "iso-8859-8"},
	{"csiso88598i", "iso-8859-8-i"}, {"logical", "iso-8859-8-i"},
	{"csisolatin6", "iso-8859-10"}, {"isoir157", "iso-8859-10"}, {"l6", "iso-8859-10"},
	{"latin6", "iso-8859-10"}, {"latin7", "iso-8859-13"}, {"latin8", "iso-8859-14"},
	{"csisolatin9", "iso-8859-15"}, {"l9", "iso-8859-15"}, {"latin9", "iso-8859-15"},
	{"latin0", "iso-8859-15"}, {"latin10", "iso-8859-16"},
	{"cskoi8r", "koi8-r"}, {"koi", "koi8-r"}, {"koi8", "koi8-r"}, {"koi8ru", "koi8-u"},
	{"csmacintosh", "macintosh"}, {"mac", "macintosh"}, {"xmacroman", "macintosh"},
	{"macroman", "macintosh"}, {"xmacukrainian", "x-mac-cyrillic"},
	{"maccyrillic", "x-mac-cyrillic"}, {"maclatin2", "x-mac-centraleurope"},
	{"maccentraleurope", "x-mac-centraleurope"},
	{"866", "ibm866"}, {"cp866", "ibm866"}, {"csibm866", "ibm866"},
	{"chinese", "gb18030"}, {"csgb2312", "gb18030"}, {"csiso58gb231280", "gb18030"},
	{"gb2312", "gb18030"}, {"gb231280", "gb18030"}, {"gbk", "gb18030"}, {"isoir58", "gb18030"},
	{"xgbk", "gb18030"}, {"cp936", "gb18030"}, {"ms936", "gb18030"}, {"936", "gb18030"},
	{"euccn", "gb18030"}, {"xeuccn", "gb18030"}, {"gb", "gb18030"},
	{"big5hkscs", "big5"}, {"cnbig5", "big5"}, {"csbig5", "big5"}, {"xxbig5", "big5"},
	{"cp950", "big5"}, {"ms950", "big5"}, {"xbig5", "big5"}, {"big5tw", "big5"},
	{"cseucpkdfmtjapanese", "euc-jp"}, {"xeucjp", "euc-jp"}, {"ujis", "euc-jp"},
	{"eucjpms", "euc-jp"}, {"eucjis2004", "euc-jp"}, {"eucjisx0213", "euc-jp"},
	{"csshiftjis", "shift_jis"}, {"ms932", "shift_jis"}, {"mskanji", "shift_jis"},
	{"sjis", "shift_jis"}, {"windows31j", "shift_jis"}, {"xsjis", "shift_jis"},
	{"cp932", "shift_jis"}, {"cswindows31j", "shift_jis"}, {"xmsjis", "shift_jis"},
	{"shiftjisx0213", "shift_jis"}, {"cp943", "shift_jis"},
	{"csiso2022jp", "iso-2022-jp"}, {"jis", "iso-2022-jp"}, {"iso2022jp1", "iso-2022-jp"},
	{"iso2022jp2", "iso-2022-jp"}, {"iso2022jp3", "iso-2022-jp"},
	{"cseuckr", "euc-kr"}, {"csksc56011987", "euc-kr"}, {"isoir149", "euc-kr"},
	{"korean", "euc-kr"}, {"ksc56011987", "euc-kr"}, {"ksc56011989", "euc-kr"},
	{"ksc5601", "euc-kr"}, {"windows949", "euc-kr"}, {"cp949", "euc-kr"}, {"uhc", "euc-kr"},
	{"ms949", "euc-kr"}, {"xwindows949", "euc-kr"}, {"949", "euc-kr"},
	{"csiso2022kr", "iso-2022-kr"}, {"xeuctw", "euc-tw"}, {"cns11643", "euc-tw"},
	{"cp1361", "johab"}, {"ms1361", "johab"},
	{"ptcp154", "pt154"}, {"cp154", "pt154"}, {"cyrillicasian", "pt154"},
	{"roman8", "hp-roman8"}, {"r8", "hp-roman8"}, {"cshproman8", "hp-roman8"},
	{"ibm1051", "hp-roman8"}, {"cp1051", "hp-roman8"}, {"ruscii", "cp1125"},
	{"cp866u", "cp1125"}, {"cpgr", "cp869"}, {"cpis", "cp861"}, {"l7", "iso-8859-13"},
	{"l10", "iso-8859-16"}, {"isoir226", "iso-8859-16"}, {"iso8859162001", "iso-8859-16"},
	{"iso8859112001", "windows-874"}, {"thai", "windows-874"}, {"isoir166", "windows-874"},
	{"tis6200", "windows-874"}, {"tis62025290", "windows-874"}, {"tis62025291", "windows-874"},
	{"iso885921987", "iso-8859-2"}, {"iso885931988", "iso-8859-3"},
	{"iso885941988", "iso-8859-4"}, {"iso885951988", "iso-8859-5"},
	{"iso885961987", "iso-8859-6"}, {"iso885971987", "iso-8859-7"},
	{"iso885981988", "iso-8859-8"}, {"iso885991989", "windows-1254"},
	{"iso885911987", "windows-1252"}, {"eucgb2312cn", "gb18030"}, {"gb23121980", "gb18030"},
	{"gb180302000", "gb18030"}, {"xmacsimpchinese", "gb18030"}, {"hkscs", "big5"},
	{"950", "big5"}, {"xmactradchinese", "big5"}, {"ksx1001", "euc-kr"},
	{"xmackorean", "euc-kr"}, {"932", "shift_jis"}, {"xmacjapanese", "shift_jis"},
	{"sjis2004", "shift_jis"}, {"shiftjis2004", "shift_jis"}, {"sjisx0213", "shift_jis"},
	{"iso2022jp2004", "iso-2022-jp"}, {"iso2022jpext", "iso-2022-jp"},
	{"maccenteuro", "x-mac-centraleurope"}, {"cspc775baltic", "cp775"},
	{"cspc850multilingual", "cp850"}, {"cspcp852", "cp852"}, {"cspc862latinhebrew", "cp862"},
	{"cspc8codepage437", "cp437"}, {"1250", "windows-1250"}, {"1253", "windows-1253"},
	{"1257", "windows-1257"}, {"ibm039", "cp037"}, {"ebcdiccpus", "cp037"},
	{"ebcdiccpca", "cp037"}, {"ebcdiccpwt", "cp037"}, {"ebcdiccpnl", "cp037"},
	{"ebcdiccpbe", "cp500"}, {"ebcdiccpch", "cp500"}, {"ebcdiccphe", "cp424"},
	{"tcvn57121", "tcvn"}, {"tcvn5712", "tcvn"}, {"csviscii", "viscii"},
};
/* clang-format on */

/* The label's letters and digits in lower case: "KS_C_5601-1987" is "ksc56011987". -> length */
static size_t
plain(const char *label, size_t len, char out[CHARSET_LABEL_BYTES_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		if (isalnum((unsigned char)label[i])) {
			if (n == CHARSET_LABEL_BYTES_MAX - 1)
				return 0;
			out[n++] = (char)tolower((unsigned char)label[i]);
		}
	}
	out[n] = '\0';
	return n;
}

static const struct charset *
by_name(const char *name)
{
	for (size_t i = 0; i < sizeof(CHARSETS) / sizeof(CHARSETS[0]); i++)
		if (strcmp(CHARSETS[i].name, name) == 0)
			return &CHARSETS[i];
	return NULL;
}

/* "ibm850", "dos850", "codepage850", "850": another word for cp850. */
static const struct charset *
by_code_page(const char *label)
{
	static const char *const PREFIXES[] = {"ibm", "csibm", "dos", "codepage", "cspc", ""};
	char name[CHARSET_LABEL_BYTES_MAX + 2];

	for (size_t i = 0; i < sizeof(PREFIXES) / sizeof(PREFIXES[0]); i++) {
		const size_t skip = strlen(PREFIXES[i]);

		if (strncmp(label, PREFIXES[i], skip) == 0 && isdigit((unsigned char)label[skip])) {
			(void)snprintf(name, sizeof(name), "cp%s", label + skip);
			return by_name(name);
		}
	}
	return NULL;
}

const struct charset *
charset_of_label(const char *label, size_t len)
{
	char wanted[CHARSET_LABEL_BYTES_MAX];
	char known[CHARSET_LABEL_BYTES_MAX];
	const char *colon = len > 0 ? memchr(label, ':', len) : NULL;

	/* "ISO_8859-2:1987", the year of the standard behind the colon. */
	if (plain(label, colon ? (size_t)(colon - label) : len, wanted) == 0)
		return NULL;
	for (size_t i = 0; i < sizeof(CHARSETS) / sizeof(CHARSETS[0]); i++) {
		(void)plain(CHARSETS[i].name, strlen(CHARSETS[i].name), known);
		if (strcmp(known, wanted) == 0)
			return &CHARSETS[i];
	}
	for (size_t i = 0; i < sizeof(ALIASES) / sizeof(ALIASES[0]); i++)
		if (strcmp(ALIASES[i].label, wanted) == 0)
			return by_name(ALIASES[i].name);
	return by_code_page(wanted);
}

bool
charset_is_ebcdic(const struct charset *charset)
{
	return charset->iconv && strncmp(charset->iconv, "IBM", 3) == 0;
}
