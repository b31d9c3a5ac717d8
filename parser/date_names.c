#include "parser/date_names.h"

#include <string.h>

#include "common/utf8.h"

/* Every word that names a month, and where they differ its usual abbreviations. A word of three
 * letters or more that begins a name is taken for it as well ("sept", "juil"). */
/* clang-format off */
static const char *const MONTHS[12] = {
	" january januar janvier enero gennaio janeiro januari januarie jänner ocak styczeń styczen stycznia leden ledna január januára ianuarie января январь янв січня січень январ ιανουάριος ιανουαρίου ιανουάρ ιαν tammikuu tammikuuta janv jan ene gen sty led oca siječanj siječnja јануар ",
	" february februar février fevrier febrero febbraio fevereiro februari februarie feber şubat subat luty lutego únor února február februára февраля февраль фев лютого лютий φεβρουάριος φεβρουαρίου φεβ helmikuu helmikuuta fév fev févr fevr feb lut úno şub veljača veljače фебруар ",
	" march märz maerz marz mars marzo março marco maart mart marzec marca březen března marec március martie марта март мар березня березень μάρτιος μαρτίου μάρτ μαρ maaliskuu maaliskuuta mär mrz mrt mar bře ožujak ožujka ",
	" april avril abril aprile avr nisan kwiecień kwiecien kwietnia duben dubna apríl apríla április aprilie апреля апрель апр квітня квітень απρίλιος απριλίου απρ huhtikuu huhtikuuta apr abr kwi dub nis travanj travnja април ",
	" may mai mayo maggio maio mei maj mayıs mayis maja květen května máj mája május mayo мая май травня травень μάιος μαΐου μαϊ μάι μαι toukokuu toukokuuta mag kvě svibanj svibnja мај ",
	" june juni juin junio giugno junho haziran czerwiec czerwca červen června jún júna június iunie июня июнь июн червня червень ιούνιος ιουνίου ιούν ιουν kesäkuu kesäkuuta jun giu cze haz lipanj lipnja јун ",
	" july juli juillet julio luglio julho temmuz lipiec lipca červenec července júl júla július iulie июля июль июл липня липень ιούλιος ιουλίου ιούλ ιουλ heinäkuu heinäkuuta juil jul lug lip tem srpanj srpnja јул ",
	" august août aout agosto augustus augusti ağustos agustos sierpień sierpien sierpnia srpen srpna augusta augusztus августа август авг серпня серпень αύγουστος αυγούστου αύγ αυγ elokuu elokuuta aug ago sie srp ağu kolovoz kolovoza ",
	" september septembre septiembre setiembre settembre setembro eylül eylul wrzesień wrzesien września září zari septembra szeptember septembrie сентября сентябрь сен сент вересня вересень σεπτέμβριος σεπτεμβρίου σεπτ σεπ syyskuu syyskuuta sept sep set wrz zář eyl rujan rujna септембар ",
	" october oktober octobre octubre ottobre outubro ekim październik pazdziernik października říjen října október októbra octombrie oktobra октября октябрь окт жовтня жовтень οκτώβριος οκτωβρίου οκτ lokakuu lokakuuta oct okt ott out paź říj eki listopada октобар ",
	" november novembre noviembre novembro kasım kasim listopad listopadu novembra noiembrie ноября ноябрь ноя нояб листопада листопад νοέμβριος νοεμβρίου νοέμ νοε marraskuu marraskuuta nov lis kas studeni studenoga новембар ",
	" december dezember décembre decembre diciembre dicembre dezembro aralık aralik grudzień grudzien grudnia prosinec prosince decembra decembrie декабря декабрь дек грудня грудень δεκέμβριος δεκεμβρίου δεκ joulukuu joulukuuta déc dec dez dic des gru pro ara desember prosinac prosinca децембар ",
};

/* Months of their own language that another language's prefix rule would take. */
static const char WEEKDAYS[] =
	" monday tuesday wednesday thursday friday saturday sunday mon tue tues wed weds thu thur thurs fri sat sun "
	"montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag mo di mi do fr sa so "
	"lundi mardi mercredi jeudi vendredi samedi dimanche lun mer jeu ven sam dim "
	"lunes martes miércoles miercoles jueves viernes sábado sabado domingo mié mie jue vie sáb sab dom "
	"lunedì lunedi martedì martedi mercoledì mercoledi giovedì giovedi venerdì venerdi sabato domenica gio "
	"segunda terça terca quarta quinta sexta seg ter qua qui sex "
	"maandag dinsdag woensdag donderdag vrijdag zaterdag zondag ma wo vr za zo "
	"måndag tisdag onsdag torsdag fredag lördag söndag mandag tirsdag lørdag søndag "
	"poniedziałek wtorek środa czwartek piątek sobota niedziela pon wt śr czw pt sob niedz "
	"пн вт ср чт пт сб вс понедельник вторник среда четверг пятница суббота воскресенье "
	"δευ τρι τετ πεμ παρ σαβ κυρ δευτέρα τρίτη τετάρτη πέμπτη παρασκευή σάββατο κυριακή ";

static const char FILLERS[] =
	" at on of the de del à a um uhr le the den der etc year local standard daylight summer time ";

static const struct {
	const char *name;
	int minutes;
} ZONES[] = {
	{"gmt", 0}, {"utc", 0}, {"ut", 0}, {"z", 0}, {"wet", 0}, {"west", 60}, {"greenwich", 0},
	{"est", -300}, {"edt", -240}, {"et", -300}, {"eastern", -300},
	{"cst", -360}, {"cdt", -300}, {"ct", -360}, {"central", -360},
	{"mst", -420}, {"mdt", -360}, {"mt", -420}, {"mountain", -420},
	{"pst", -480}, {"pdt", -420}, {"pt", -480}, {"pacific", -480},
	{"akst", -540}, {"akdt", -480}, {"hst", -600}, {"hdt", -540},
	{"ast", -240}, {"adt", -180}, {"at", -240}, {"nst", -210}, {"ndt", -150},
	{"brt", -180}, {"brst", -120}, {"art", -180}, {"clt", -240}, {"clst", -180},
	{"bst", 60}, {"ist", 330}, {"cet", 60}, {"cest", 120}, {"met", 60}, {"mest", 120},
	{"mez", 60}, {"mesz", 120}, {"mewt", 60}, {"eet", 120}, {"eest", 180}, {"sast", 120},
	{"msk", 180}, {"msd", 240}, {"trt", 180}, {"gst", 240}, {"pkt", 300}, {"wib", 420},
	{"ict", 420}, {"hkt", 480}, {"sgt", 480}, {"awst", 480}, {"pht", 480}, {"myt", 480},
	{"jst", 540}, {"kst", 540}, {"acst", 570}, {"acdt", 630}, {"aest", 600}, {"aedt", 660},
	{"nzst", 720}, {"nzdt", 780},
};

/* Halves of the day, most of them before the time they belong to. */
static const char FORENOON[] = " am a.m 오전 上午 午前 fm de.m ";
static const char AFTERNOON[] = " pm p.m 오후 下午 午後 em du ";
/* clang-format on */

static uint32_t
fold(uint32_t cp)
{
	if ((cp >= 'A' && cp <= 'Z') || (cp >= 0xC0 && cp <= 0xDE && cp != 0xD7) ||
	    (cp >= 0x391 && cp <= 0x3AB) || (cp >= 0x410 && cp <= 0x42F))
		return cp + 32;
	if (cp >= 0x400 && cp <= 0x40F)
		return cp + 80;
	if (cp >= 0x388 && cp <= 0x38A)
		return cp + 37;
	if (cp == 0x386)
		return 0x3AC;
	if (cp == 0x38C)
		return 0x3CC;
	if (cp >= 0x38E && cp <= 0x38F)
		return cp + 63;
	if ((cp >= 0x100 && cp <= 0x137) || (cp >= 0x14A && cp <= 0x177))
		return cp | 1;
	if ((cp >= 0x139 && cp <= 0x148) || (cp >= 0x179 && cp <= 0x17E))
		return cp + cp % 2;
	return cp;
}

static bool
is_letter(uint32_t cp)
{
	/* Units of CJK dates (年 月 日 년 월 일 時 分) end a number, they make no word. */
	static const uint32_t UNITS[] = {0x5E74, 0x6708, 0x65E5, 0xB144, 0xC6D4, 0xC77C,
					 0x6642, 0x65F6, 0x5206, 0x79D2, 0xC2DC, 0xBD84};

	for (size_t i = 0; i < sizeof(UNITS) / sizeof(UNITS[0]); i++)
		if (cp == UNITS[i])
			return false;
	return (cp >= 'a' && cp <= 'z') || (cp >= 'A' && cp <= 'Z') ||
	       (cp >= 0xC0 && cp < 0x2000) || cp >= 0x3000;
}

size_t
date_word(const char *text, size_t len, struct date_word *out)
{
	const char *at = text;
	const char *end = text + len;
	size_t letters = 0;

	out->len = 0;
	while (at < end) {
		const char *before = at;
		const uint32_t cp = utf8_next(&at, end);

		/* "a.m." is a word, "Nov." one with a dot behind it. */
		if (!is_letter(cp) &&
		    (cp != '.' || letters != 1 || at == end || !is_letter((unsigned char)*at))) {
			at = before;
			break;
		}
		if (out->len + UTF8_BYTES_MAX >= sizeof(out->text))
			return 0;
		out->len += utf8_put(fold(cp), out->text + out->len);
		letters++;
	}
	out->text[out->len] = '\0';
	return (size_t)(at - text);
}

/* Whether the list " a b c " has the word; or, from three letters on, one that begins with it. */
static bool
listed(const char *list, const struct date_word *word, bool prefix)
{
	char wanted[DATE_WORD_BYTES_MAX + 2];

	if (word->len == 0)
		return false;
	wanted[0] = ' ';
	memcpy(wanted + 1, word->text, word->len);
	wanted[word->len + 1] = prefix && word->len >= 3 ? '\0' : ' ';
	wanted[word->len + 2 - (wanted[word->len + 1] == '\0')] = '\0';
	return strstr(list, wanted) != NULL;
}

int
date_month(const struct date_word *word)
{
	static const char ENGLISH[] = "janfebmaraprmayjunjulaugsepoctnovdec";

	/* Nearly all dates are English. */
	for (int i = 0; word->len == 3 && i < 12; i++)
		if (memcmp(word->text, ENGLISH + (size_t)i * 3, 3) == 0)
			return i + 1;
	for (int prefix = 0; prefix <= 1; prefix++)
		for (int i = 0; i < 12; i++)
			if (listed(MONTHS[i], word, prefix))
				return i + 1;
	return 0;
}

bool
date_weekday(const struct date_word *word)
{
	return listed(WEEKDAYS, word, false);
}

bool
date_zone(const struct date_word *word, int *minutes_out)
{
	for (size_t i = 0; i < sizeof(ZONES) / sizeof(ZONES[0]); i++) {
		if (strcmp(ZONES[i].name, word->text) == 0) {
			*minutes_out = ZONES[i].minutes;
			return true;
		}
	}
	return false;
}

int
date_half(const struct date_word *word)
{
	return listed(FORENOON, word, false) ? 1 : listed(AFTERNOON, word, false) ? 2 : 0;
}

bool
date_filler(const struct date_word *word)
{
	return listed(FILLERS, word, false);
}
