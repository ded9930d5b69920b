"""What phones, gateways and lists write around an author's words, by language; `signatures` uses it."""

from __future__ import annotations

DEVICES = (
    r"correo(?= para)", r"e-?mail(?= para)", r"e-?post(?= (?:för|for|til))", r"pošty(?= pro)", r"courrier(?= pour)", r"posta(?= per)", r"e-?mail(?= (?:for|für|voor|til|för))", r"почт[аы](?= для)", r"poczt[ay](?= dla)",
    r"iphon[eua]", r"ipad", r"ipod(?: touch)?", r"apple ?watch", r"macbook(?: (?:pro|air))?", r"imac", r"mac\b", r"apple mail", r"icloud", r"android", r"galaxy(?: [\w+]+){0,3}", r"samsung", r"huawei",
    r"honor\b", r"xiaomi", r"redmi(?: \w+)?", r"poco\b", r"pixel(?: \w+)?", r"nokia", r"motorola", r"moto\b(?: [\w]+){0,2}", r"oneplus(?: \w+)?", r"oppo\b", r"vivo\b", r"realme", r"htc\b", r"xperia\W?",
    r"sony(?: xperia\W{0,2})?", r"lg\b", r"blackberry(?: \d+)?(?: from [\w&-]+)?", r"mailbutler", r"/e/ mail", r"windows(?: phone| mail| 1[01]| 8)?", r"surface", r"chromebook", r"outlook(?:\.com| mobile)?", r"microsoft outlook", r"gmail", r"yahoo!?(?:[ -]?mail|メール)?",
    r"aol\b", r"mail\.ru", r"mail(?= (?:for|für|pour|para|per|voor|för|til|app|dla|pro|pre) |$|<)", r"proton ?mail", r"proton\b", r"spark\b", r"blue ?mail", r"aqua ?mail", r"k-?9(?: mail)?", r"fairemail",
    r"nine\b", r"mailspring", r"superhuman", r"hey\b(?!,)", r"airmail", r"canary(?: mail)?", r"edison(?: mail)?", r"typeapp", r"mymail", r"type ?mail", r"яндекс(?:[. ]?почт\w+)?", r"yandex(?:[. ]?mail)?",
    r"почт[аы]\b(?: mail(?:\.ru)?)?", r"мобильной (?:яндекс[. ]?)?почты(?: mail(?:\.ru)?)?", r"gmx(?:\.\w+)?", r"web\.de", r"1&1", r"ionos", r"telekom", r"t-online", r"freenet", r"libero(?: mail)?", r"virgilio", r"orange\b",
    r"sfr\b", r"laposte\.net", r"zoho(?: mail)?", r"tuta(?:nota)?\b", r"thunderbird", r"em client", r"mailbird", r"newton(?: mail)?", r"workspace one boxer", r"boxer\b", r"missive", r"front\b(?= app|$)",
    r"shortwave", r"spike\b", r"polymail", r"postbox", r"roundcube", r"squirrelmail", r"foxmail", r"qq ?(?:邮箱|mail)", r"网易(?:邮箱大师)?", r"mailmaster", r"naver(?: mail)?", r"네이버 ?메일", r"daum", r"小米", r"华为",
    r"荣耀", r"三星", r"苹果", r"魅族", r"googleメール", r"ドコモ", r"docomo", r"au\b(?=携帯|$)", r"softbank", r"fairphone", r"zte\b", r"asus\b", r"lenovo", r"alcatel", r"wiko\b", r"ubuntu(?: touch)?", r"bb10", r"treo",
    r"palm\b", r"windows-?(?:gerät|telefon)", r"evolution\b", r"geary", r"mailmate", r"lotus notes", r"hcl verse", r"ibm verse", r"seznam(?: email\w*)?", r"poczt[ay] (?:wp|o2|onet|interia)", r"uol\b", r"bol mail",
)  # fmt: skip
"""Names of devices and programs."""

OWN_DEVICES = (
    r"(?:my|the|a|an) (?:[\w-]+ ){0,3}?(?:phone|smartphone|cell ?phone|mobile(?: (?:phone|device))?|handheld|tablet|wireless device|device)\b",
    r"(?:meine[mr]|meinem/meiner|einem|einer) (?:[\w-]+ ){0,2}?(?:handy|smartphone|mobiltelefon|mobilgerät|tablet|telefon|gerät)\b", r"(?:der|meiner) mobilen? (?:mail|e-mail)[ -]?app", r"(?:unterwegs|mobil\b)",
    r"mon (?:appareil |téléphone )?(?:mobile|portable|smartphone|téléphone|tablette|appareil)\b", r"mi (?:teléfono|móvil|celular|smartphone|tableta|dispositivo)(?: móvil)?\b", r"(?:o )?meu (?:telemóvel|celular|telefone|smartphone|tablet|dispositivo)(?: móvel)?\b",
    r"(?:mio )?(?:cellulare|smartphone|telefono|tablet|dispositivo(?: mobile)?)\b", r"(?:mijn|een) (?:[\w-]+ )?(?:telefoon|mobiel|smartphone|tablet|mobiele telefoon|apparaat)\b", r"min (?:mobil(?:telefon)?|telefon|smartphone|surfplatta|platta|enhet)\b",
    r"mobil\w{0,8}", r"puhelim\w+", r"(?:mojego |moje[jgo]+ )?(?:telefonu|smartfona|tabletu|komórki)\b", r"(?:mého |môjho )?(?:mobilu|telefonu|telefónu|tabletu)\b", r"(?:моего |мого )?(?:телефона|смартфона|планшета|мобильного(?: телефона| устройства)?|телефону)\b",
    r"(?:我的)?(?:手机|手機|平板)", r"(?:私の)?(?:携帯|スマートフォン|スマホ|携帯電話)", r"(?:내|나의) (?:휴대폰|스마트폰|핸드폰)", r"το (?:κινητό|τηλέφωνό?) (?:μου)?", r"telefonul meu(?: mobil)?", r"(?:mob\w* )?telefonum\w*", r"cep telefonum\w*", r"hp saya", r"điện thoại(?: của tôi)?",
    r"הנייד(?: שלי)?", r"הטלפון(?: שלי)?", r"(?:هاتفي|جهازي)(?: \S+)?",
)  # fmt: skip
"""What an owner's device is called without a name. Only its owner's word before it makes it one."""

DEVICE_PREFIXES = (
    r"sent (?:from|via|with|using|by|through|on)", r"sent", r"composed (?:on|with|in)", r"written (?:on|with)", r"typed on", r"from (?=my )", r"gesendet (?:von|mit|über|vom|aus|via)", r"(?:diese|dieses?) (?:e-?mail|nachricht|mail) wurde (?:von|mit|über)", r"versendet (?:von|mit|vom)", r"verschickt (?:von|mit|vom)",
    r"(?:von|vom|mit|mit der|über)(?= .{3,80}(?:gesendet|versendet|verschickt|geschickt)\W{0,4}$)", r"envoyée? (?:de|depuis|à partir d[eu]|avec|par|via|d')", r"provenance ?:", r"enviad[oa] (?:desde|do|da|de|a partir d[eo]|a través de|vía|via|con|com|pel[oa]|usando)", r"inviat[oa] (?:da|dal|dalla|dall'|con|tramite|mediante)",
    r"(?:verzonden|verstuurd|gestuurd) (?:vanaf|met|via|vanuit|van|door)", r"sendt (?:fra|med|via)", r"skickat (?:från|med|via)", r"skickades från", r"lähetetty", r"saadetud(?: minu)?", r"nosūtīts no", r"(?:iš)?siųsta iš", r"wysłan[eoya]{1,2} (?:z|ze|za pomocą|przez|przy użyciu)", r"odesláno (?:z|ze|pomocí|přes)",
    r"odoslané (?:z|zo|pomocou)", r"elküldve", r"küldve", r"trimis (?:de pe|din|de la|cu|prin)", r"(?:στάλθηκε|εστάλη|απεστάλη) (?:από|μέσω)", r"נשלח (?:מ|באמצעות|מתוך|מאת)", r"נשלח מ[־-]?ה?[־-]?", r"(?:تم الإرسال|أرسلت?|مرسل[ةه]?|أُرسلت?) (?:من|عبر|بواسطة)", r"отправлено (?:с|со|из|через|при помощи|с помощью)",
    r"надіслано (?:з|із|за допомогою|через)", r"изпратено (?:от|чрез|с)", r"posla(?:n|t)o (?:z|s|iz|putem|sa|preko)", r"послато (?:са|путем)", r"αποστολή από", r"(?:đã )?(?:được )?gửi từ", r"dikirim (?:dari|melalui|menggunakan)", r"dihantar (?:dari|daripada)", r"ส่งจาก", r"(?:发|發|寄)自(?:我的)?", r"来自我的", r"從我的(?=.{1,30}(?:傳送|寄出))", r"从我的(?=.{1,30}(?:发送|发出))",
    r"enviat (?:des de|des del|amb)", r"bidalia", r"(?:فرستاده|ارسال) شده از", r"this (?:message|email|e-mail|mail) was sent (?:from|with|via|using)", r"ce message (?:a été|est) envoyé (?:de|depuis|avec)",
)  # fmt: skip
"""Words before the name of a device that say that it sent the mail."""

OWNERS = (
    "my", "the", "all", "new", "an?", "mine", r"meine[mrs]?", "meinem/meiner", "der", "die", "das", "den", "dem", r"eine[mr]", r"mobilen?", "mobile", "mail", "app", "mon", "ma", "mes", "un", "une", "le", "la", "l'application", "application", "appli", "l'appli", "appareil", "mi", "el", "aplicación", "de", "correo", "meu", "minha", "o", "aplicativo",
    "il", "mio", "mia", "lo", "dispositivo", "dell'app", "mijn", "het", "een", "mitt", "min", "mit", "telefon", "telefonu", "minun", "mojego", "mojej", "mého", "mojho", "môjho", "aplikacji", "aplikace", "aplikácie", "моего", "мого", "моей", "приложения", "приложение", "мобильного", "мобильной", "το", "μου", "az", "ul", "verizon,?", "t-mobile", "at&t", "vodafone",
    "smartphone", "telefone", "моя", "mojega", "iphon", "pe", "vom", "celular", "móvil", "telefonul", "meu", "handy", "teléfono", "phone", "téléphone", "cellulare", "telefoon", "telefonu", "mobilnega", "o2", "ee", "sprint", "virgin", "orange", "samsung", "apple", "google", "microsoft", "htc", "sony", "lg", "huawei", "xiaomi", "motorola", "nokia", "i miei", "mine", "din", "iz", "mog", "moj", "של", "الـ", "thiết bị", "perangkat",
)  # fmt: skip
"""Words between that and the name."""

DEVICE_SUFFIXES = (
    r"gesendet", r"versendet", r"verschickt", r"geschickt", r"küldve", r"küldtem", r"gönderildi", r"gönderilmiştir", r"から送信", r"から送信されました", r"より送信", r"で送信", r"에서 보냄", r"에서 발송", r"에서 보낸 메일", r"에서 전송", r"发送", r"傳送", r"发出", r"寄出", r"saadetud", r"nosūtīts", r"išsiųsta", r"से भेजा गया", r"ile gönderildi",
)  # fmt: skip
"""Words behind the name of a device, in languages that put them last."""

GET_WORDS = (
    "get", "download", "holen sie sich", "hole dir", "laden sie", r"télécharge[rz]", "obtene[zr]", r"obtenir", "obtener", "descargar", "obtén", r"obter(?: o)?", r"obtenha(?: o)?", r"baixar?(?: o)?", r"transferir(?: o)?", "ottieni", "scarica", "verkrijg", "haal", "hent", r"skaff(?: deg)?", "få", "hämta", "skaffa", "hanki", "lataa", "hankige", r"pobierz(?: aplikację| program)?", r"uzyskaj(?: aplikację)?",
    "získat", "získejte", "stáhnout", "získajte", "získať", "szerezze be az?", "obțineți", "descărcați", "αποκτήστε(?: το)?", "λήψη(?: του)?", "קבל את", "הורד את", "احصل على", "تنزيل", "скачать", "получить", "загрузить", "отримати", "завантажити", "tải", "dapatkan", "unduh", "รับ", "获取", "取得", "下载", "下載", "preuzmite", "aconsegueix", "изтегляне на",
)  # fmt: skip
GET_SUFFIXES = (
    "beziehen",
    "laden",
    "herunterladen",
    "holen",
    "downloaden",
    "edinin",
    "indirin",
    "を入手",
    "をダウンロード",
    "を取得",
    "를? ?다운로드",
    "가져오기",
    "beszerzése",
    "letöltése",
    "'?[uı]? edinin",
    "'?[uı]? indirin",
)
"""Words of the line with which Outlook and others praise themselves."""

WHOLE_DEVICE_LINES = (
    r"gesendet vom (?:handy|smartphone|mobiltelefon|tablet)", r"hanki outlook (?:ios:lle|androidille)", r"lähetetty outlook for \w+", r"lähetetty samsung galaxy\W{1,3}\w+", r"elküldve (?:a |az )?(?:samsung|huawei|xiaomi|android|mobil) ?\w*",
    r"outlook beszerzése \w+", r"(?:samsung|huawei|xiaomi|android|mobil) cihazımdan gönderildi", r"נשלח מ[־-]?outlook .{1,20}", r"发自我的\w{1,12}(?:手机|手機|平板)", r"네이버 메일 앱에서 보냄", r"(?:ios|android)용 outlook (?:다운로드|가져오기)",
    r"(?:đã )?gửi từ outlook .{1,20}", r"sent from my (?:iphone|ipad|android\w*) using tapatalk\w*",
)  # fmt: skip
"""Lines of no pattern."""

PLATFORMS = (
    r"ios",
    r"android\w{0,3}",
    r"iphone",
    r"ipad",
    r"mac(?:os)?",
    r"windows",
    r"desktop",
    r"mobile",
    r"systemu android",
    r"systemu ios",
)
PROGRAMS_TO_GET = (
    r"outlook\w{0,3}",
    r"blue ?mail",
    r"yahoo mail",
    r"spark",
    r"aqua mail",
    r"mymail",
    r"newton",
    r"edison mail",
    r"gmail",
    r"proton ?mail",
    r"aol(?: app)?",
    r"typeapp",
)
FOR_WORDS = (
    "لـ",
    "dành cho",
    "for",
    "für",
    "pour",
    "para",
    "per",
    "voor",
    "för",
    "til",
    "till",
    "dla",
    "pro",
    "pre",
    "pentru",
    "για",
    "עבור",
    "для",
    "за",
    "untuk",
    "cho",
    "สำหรับ",
    "için",
    "fyrir",
    "za",
    "لنظام",
    "per a",
    "适用于",
    "適用於",
)

DEVICE_TAILS = (
    r"(?:smart)?phone", r"device", r"tablet", r"mobile", r"cell", r"wireless", r"app(?:lication|likation|arat|areil)?", r"mail(?: app)?", r"e-?mail(?: app| client)?", r"client", r"pro", r"free", r"smartphone", r"handy", r"gerät", r"mobiltelefon", r"mobil(?:e|telefon)?", r"téléphone",
    r"teléfono", r"telefon\w{0,3}", r"telefoon", r"toestel", r"telefono", r"dispositivo", r"secure e-?mail", r"android", r"ios", r"iphone", r"ipad", r"für (?:ios|android|windows|mac|iphone|ipad)", r"pour (?:ios|android|windows|mac|iphone|ipad)", (r"(?:para|per|voor|för|til|dla systemu|dla|pro|pre|pentru|для|για|untuk|for|на|از|için|sur|su|on|en|em|auf|i|no|në|para o)"
    r" (?:(?:the|o|el|il|le) )?(?:ios|android|windows(?: \d+)?|mac(?:os)?|iphone|ipad|desktop|mobile)"), r"\d{1,2}", r"(?:του|μου|ul meu|meu|mio|mia|saya|của tôi|ของฉัน|שלי|الخاص بي|medu|min|mijn)", r"(?:on|over|via) (?:the )?\w+(?: \w+)? network", r"powered by \w+", r"hybrid", r"ultra|plus|max|mini|fe|edge|note",
    r"手机|手機|客户端|邮箱|メール|アプリ", r"mit (?:k-9|web\.de|gmx|der)(?: mail)?(?: app)?", r"with (?:k-9|aqua|nine) ?mail", r"secure", r"work",
)  # fmt: skip
"""Words that may follow the name of a device before the line ends."""

BANNER_TAGS = (
    r"(?:caution|warning|attention|alert|notice|achtung|vorsicht|warnung|hinweis|avertissement|prudence|atención|aviso|advertencia|precaución|cuidado|atenção|attenzione|avviso|let op|waarschuwing|varning|obs|advarsel|huom|uwaga|pozor|upozornění|figyelem|atenție|dikkat|внимание|осторожно|увага|注意|警告)\W{0,4}(?:(?:external|externe[rsnm]?|externt?|externo|externa|esterno|esterna|ekstern[et]?|zewnętrzn\w+|externí|külső|harici|внешн\w+|зовнішн\w+|外部|社外)[ -]?(?:e-?mail\w*|e-?post\w*|e-?posta|mail|mejl|message|messaggio|mensaje|mensagem|correo|courriel|bericht|nachricht|absender|sender|wiadomość|zpráva|üzenet|levél|письмо|сообщение|лист|メール|邮件|郵件|ileti)|(?:e-?mail\w*|e-?post\w*|e-?posta|mail|mejl|message|messaggio|mensaje|mensagem|correo|courriel|bericht|nachricht|absender|sender|wiadomość|zpráva|üzenet|levél|письмо|сообщение|лист|メール|邮件|郵件|ileti)[ -]?(?:external|externe[rsnm]?|externt?|externo|externa|esterno|esterna|ekstern[et]?|zewnętrzn\w+|externí|külső|harici|внешн\w+|зовнішн\w+|外部|社外))", r"(?:(?:external|externe[rsnm]?|externt?|externo|externa|esterno|esterna|ekstern[et]?|zewnętrzn\w+|externí|külső|harici|внешн\w+|зовнішн\w+|外部|社外)[ -]?(?:e-?mail\w*|e-?post\w*|e-?posta|mail|mejl|message|messaggio|mensaje|mensagem|correo|courriel|bericht|nachricht|absender|sender|wiadomość|zpráva|üzenet|levél|письмо|сообщение|лист|メール|邮件|郵件|ileti))", r"【(?:外部|社外|外部メール|外部邮件|外部郵件|社外メール)[^】]{0,10}】.{0,20}",
    r"\[?(?:external|extern|externe|externo|esterno|ekstern|extérieur|zewnętrzny|внешнее|外部|社外|외부)(?:[ -](?:sender|email|e-?mail|mail|message|absender|nachricht|expéditeur|mittente|afzender))?\]?",
    r"\[ext\]", r"\*+ ?external(?: email| message| sender)? ?\*+", r"(?:caution|warning|attention|achtung|vorsicht|warnung)[:!.]* external (?:e-?mail|sender|message)\.?",
)  # fmt: skip
"""A whole line of this kind at the top of a mail is a gateway's."""

BANNER_STARTS = (
    r"wiadomość",
    r"\[[^\]]{1,30}\]", r"caution", r"warning", r"attention", r"external", r"notice", r"security", r"alert", r"beware", r"be careful", r"important", r"this", r"the", r"you", r"some", r"note", r"sent from outside", r"achtung", r"vorsicht", r"warnung", r"hinweis", r"extern", r"diese", r"sie ",
    r"sicherheit", r"ce ", r"cet ", r"vous", r"avertissement", r"courri", r"message", r"expéditeur", r"prud", r"précaution", r"alerte", r"attenzione", r"avviso", r"questa", r"questo", r"non ", r"mail", r"e-?mail", r"email", r"precaución", r"cuidado", r"advertencia", r"atención", r"aviso", r"este",
    r"correo", r"no ", r"atenção", r"alerta", r"esta", r"você", r"não", r"let op", r"waarschuwing", r"deze", r"dit", r"u ont", r"pas op", r"opgelet", r"varning", r"viktigt", r"obs", r"detta", r"det ", r"du ", r"advarsel", r"denne", r"bemærk", r"vær", r"huom", r"varoitus", r"tämä", r"uwaga",
    r"ostrzeżenie", r"ta ", r"ten ", r"nie ", r"upozorn", r"pozor", r"varov", r"tento", r"tato", r"táto", r"figyel", r"vigyázat", r"ez ", r"atenție", r"avertizare", r"acest", r"dikkat", r"uyarı", r"bu ", r"вниман", r"осторож", r"предупре", r"это", r"внешн", r"увага", r"обереж", r"цей", r"προσοχή",
    r"αυτό", r"注意", r"警告", r"【", r"この", r"社外", r"外部", r"此", r"本", r"該", r"该", r"주의", r"경고", r"외부", r"이 ", r"تنبيه", r"تحذير", r"هذ", r"אזהרה", r"זהירות", r"שים",
)  # fmt: skip
"""First words of a banner."""

BANNERS = (
    r"external\]?\W{1,4}(?:do not|don['’]t|never|be careful|use caution|verify)", r"sender of this (?:message|e-?mail) is external", r"(?:caution|warning|attention|alert|notice|achtung|vorsicht|warnung|hinweis|avertissement|prudence|atención|aviso|advertencia|precaución|cuidado|atenção|attenzione|avviso|let op|waarschuwing|varning|obs|advarsel|huom|uwaga|pozor|upozornění|figyelem|atenție|dikkat|внимание|осторожно|увага|注意|警告)\W{0,4}(?:(?:external|externe[rsnm]?|externt?|externo|externa|esterno|esterna|ekstern[et]?|zewnętrzn\w+|externí|külső|harici|внешн\w+|зовнішн\w+|外部|社外)[ -]?(?:e-?mail\w*|e-?post\w*|e-?posta|mail|mejl|message|messaggio|mensaje|mensagem|correo|courriel|bericht|nachricht|absender|sender|wiadomość|zpráva|üzenet|levél|письмо|сообщение|лист|メール|邮件|郵件|ileti)|(?:e-?mail\w*|e-?post\w*|e-?posta|mail|mejl|message|messaggio|mensaje|mensagem|correo|courriel|bericht|nachricht|absender|sender|wiadomość|zpráva|üzenet|levél|письмо|сообщение|лист|メール|邮件|郵件|ileti)[ -]?(?:external|externe[rsnm]?|externt?|externo|externa|esterno|esterna|ekstern[et]?|zewnętrzn\w+|externí|külső|harici|внешн\w+|зовнішн\w+|外部|社外))\W.{0,40}(?:click|open|klick|öffn|abra|clic|apri|klik|link|otwier|переход|откр)",
    r"(?:e-?mail|message|mail|it) (?:has |was |is )?(?:been )?(?:originat\w+|came|comes|coming|sent|received|arriv\w+)(?: \w+)? (?:from )?outside (?:of )?(?:the |your |this |our )?(?:\w+ ){0,2}?(?:organi[sz]ation|company|corporat\w+|network|institution|university|agency|enterprise|firm|business|school|college|hospital|bank|government|domain|system|department|council|(?-i:[A-Z])\w+)",
    r"(?:e-?mail|message|mail|it) (?:has |was |is )?(?:been )?(?:originat\w+|came|comes|coming|sent|received|arriv\w+)(?: \w+)? (?:from|by) (?:\w+ ){0,2}?external", r"sent from outside (?:of )?(?:the |your |our )?(?:organi[sz]ation|company|network)", r"external (?:e-?mail|sender|message|source)\b.{0,40}(?:cauti|care|click|open|link|attach|verify|trust|beware)",
    r"(?:from|by) an? (?:external|unknown|untrusted) (?:sender|source|address)", r"you don['’]t often get e-?mail from", r"some people who received this message don['’]t often get", r"this sender (?:is|may be|might be) (?:external|outside|not)",
    r"sie erhalten nicht (?:oft|häufig) e-?mails? von", r"(?:e-?mail|nachricht|mail) (?:\w+ ){0,3}?(?:stammt|kommt|kam|wurde) (?:\w+ ){0,3}?von (?:\w+ ){0,2}?(?:extern|außerhalb|ausserhalb)", r"(?:externe[rsn]? (?:e-?mail|mail|absender|nachricht)|extern\])[^a-z]{0,3}.{0,60}(?:link|anh[aä]ng|vorsicht|klick|öffne|prüf)",
    r"(?:message|e-?mail|courriel|mail) (?:\S+ ){0,3}?(?:provient|vient|émane|a été envoyé|envoyé) (?:\S+ ){0,3}?(?:l['’]ext[ée]rieur|externe|hors de)", r"vous n['’](?:obtenez|recevez) pas souvent d['’]e-?mail", r"(?:courrier|courriel|e-?mail|message|expéditeur) externe\b.{0,60}(?:lien|pièce|clique|prud|atten)",
    r"(?:correo|mensaje|e-?mail|email)\b.{0,40}(?:origin\w+|provien\w+|procede\w*|enviado|viene)\b.{0,30}(?:fuera|extern)", r"no suele recibir (?:correos?|mensajes)", r"(?:e-?mail|mensagem|email)\b.{0,40}(?:origin\w+|enviad[oa]|prov[eé]m|veio|vem)\b.{0,25}(?:fora|extern)", r"(?:você não costuma|não costuma) receber (?:e-?mails?|mensagens)",
    r"(?:e-?mail|messaggio|email|mail)\b.{0,30}(?:provien\w+|prov\w+|inviat\w+|arriva|ricevut\w+)\b.{0,30}(?:estern|fuori|all['’]esterno)", r"non (?:si ricevono|ricevi) spesso", r"(?:e-?mail|bericht|mail)\b.{0,30}(?:afkomstig|komt|verzonden|ontvangen)\b.{0,25}(?:buiten|extern)", r"u ontvangt niet vaak e-?mail",
    r"(?:e-?post\w*|mail\w*|meddelande\w*|mejl\w*|melding\w*|besked\w*|e-?mail\w*)\b.{0,25}(?:kommer|kom|skickades|sendt|sendes|härrör|stammer)\b.{0,25}(?:extern|utanför|ekstern|utenfor|uden for)", r"du får (?:inte|ikke) ofte? e-?post", r"du modtager ikke ofte", r"(?:viesti|sähköposti)\b.{0,30}(?:ulkopuol|ulkois)",
    r"(?:wiadomość|e-?mail|mail)\b.{0,30}(?:spoza|zewnętrzn|z zewnątrz)", r"nie otrzymujesz często", r"(?:e-?mail|zpráva|správa|zprava)\b.{0,40}(?:mimo|extern|vnějš|zvenčí|zvonku)", r"(?:e-?mail|levél|üzenet)\b.{0,40}(?:külső|kívülről)", r"(?:e-?mail|mesaj\w*)\b.{0,40}(?:din afara|exterior|extern)",
    r"(?:e-?posta|ileti|mesaj)\b.{0,40}(?:dışından|dış|harici)", r"(?:письмо|сообщение)\b.{0,40}(?:внешн|извне|за пределами)", r"(?:лист|повідомлення)\b.{0,40}(?:зовнішн|ззовні|за межами)", r"(?:email|μήνυμα|e-mail)\b.{0,40}(?:εξωτερικ|εκτός)", r"(?:この)?(?:メール|電子メール|メッセージ).{0,20}(?:社外|外部|組織外)", r"(?:社外|外部)から(?:の)?(?:メール|送信)",
    r"(?:邮件|郵件|信件).{0,12}(?:外部|组织外|組織外|公司外)", r"(?:외부|회사 외부|조직 외부).{0,20}(?:메일|이메일|발송|수신)", r"(?:البريد|الرسالة|رسالة).{0,40}(?:خارج|خارجي)", r"(?:הודעה|דוא\"?ל|מייל).{0,40}(?:מחוץ|חיצוני)",
)  # fmt: skip
"""What gateways write above a mail from elsewhere."""

BANNER_MORE = (
    r"(?:do not|don['’]t|never|please|be careful|use caution|exercise caution|avoid)\b.{0,60}(?:click|open|link|attachment|reply|respond|sensitive|password)", r"unless you (?:recogni[sz]e|know|trust|are expecting)", r"content is safe", r"learn why this is important", r"(?:links?|attachments?)\b.{0,40}(?:sender|recogni[sz]e)",
    r"(?:links?|anh[aä]nge?|anlagen?)\b.{0,80}(?:öffnen|klicken|absender|vorsicht|kennen)", r"(?:klicken|öffnen) sie", r"(?:liens?|pièces? jointes?)\b.{0,80}(?:expéditeur|connaissez|clique|ouvr)", r"(?:cliquez|ouvrez)\b", r"(?:enlaces?|adjuntos?|archivos)\b", r"(?:clique|abra)\b.{0,60}(?:links?|anexos?)",
    r"(?:allegati|link)\b.{0,60}(?:mittente|aprire|clicc)", r"(?:klik|open)\b.{0,40}(?:links?|koppelingen|bijlagen)", r"(?:klicka|klikk?)\b.{0,60}(?:länk|link|lenke|bilag|vedhæft|vedlegg)", r"(?:linków|załącznik)", r"(?:odkazy|přílohy|prílohy)", r"(?:ссылк|вложени)", r"(?:リンク|添付)", r"(?:链接|鏈接|連結|附件)",
)  # fmt: skip
"""What stands in further lines of a gateway's banner."""

LIST_FOOTERS = (
    r"you (?:received|are receiving) this (?:message|e-?mail|mail) because you(?:['’]re| are) (?:subscribed|a member|on)", r"you(?:['’]re| are) receiving this (?:message|e-?mail) because", r"to unsubscribe from this (?:group|list|topic|email list)\b", r"to unsubscribe from the \S+ list", r"to view this discussion (?:on the web )?visit",
    r"to post to this group, send", r"to (?:unsubscribe|leave),? (?:please )?(?:send|e-?mail|visit|click|go to|reply)\b", r"unsubscribe: ?(?:https?:|mailto:|<|\S+@)", r"groups\.io links", r"-=-=-=", r"yahoo!? groups? links", r"visit (?:your group|topic)\b",
    r"posted by: ", r"to unsubscribe from these e-?mails, ", r"visit topic or reply to this email", r"\[?you are receiving this because you", r"sie (?:erhalten|haben) diese (?:nachricht|e-?mail)(?: erhalten)?, (?:weil|da) sie", r"wenn sie sich von dieser gruppe abmelden", r"um sich von dieser (?:gruppe|liste) abzumelden", r"vous (?:recevez|avez reçu) (?:ce|cet) (?:message|e-?mail|courriel),? car vous",
    r"pour (?:vous )?(?:se )?désabonner? (?:de|à) ", r"(?:has recibido|ha recibido|recibiste|recibes) este (?:mensaje|correo) porque", r"para (?:cancelar la suscripción|anular la suscripción|darse? de baja)", r"(?:você|voce) (?:recebeu|está recebendo) (?:esta|essa) (?:mensagem|e-?mail) porque", r"recebeu esta mensagem porque", r"para cancelar (?:a )?(?:inscrição|subscrição)",
    r"(?:hai ricevuto|ricevi) questo messaggio perché", r"per (?:annullare l['’]iscrizione|disiscriverti|cancellarsi)", r"(?:je|u) ontvangt (?:dit bericht|deze e-?mail) omdat", r"als je je wilt afmelden", r"du (?:får|mottog|har fått|fick) (?:det här|detta|denne|denna)\b.{0,30}(?:eftersom|fordi|därför)", r"du modtager denne", r"otrzymujesz tę wiadomość, ponieważ", r"aby (?:anulować subskrypcję|wypisać się)",
    r"tuto zprávu (?:jste dostali|dostáváte), protože", r"вы получили это (?:сообщение|письмо), (?:поскольку|так как|потому что)", r"чтобы (?:отписаться|отменить подписку)", r"ви отримали це повідомлення", r"このメールは.{0,40}(?:グループに登録|メーリングリスト)", r"您收到此邮件是因为", r"您會收到此郵件", r"(?:google 그룹스|이 메일은).{0,40}(?:가입|구독)", r"bu iletiyi (?:almanızın nedeni|alıyorsunuz)",
    r"this (?:message|mail|e-?mail) was sent (?:to you )?(?:by|through|via) the .{1,60} (?:mailing )?list", r"list (?:info|archives?|subscription)s?: ?<?https?:", r"(?:view|reply) (?:this )?(?:message|online)\b.{0,40}(?:https?:|#)", r"envoyé par la liste", r"se désabonner de la liste",
)  # fmt: skip
"""Beginnings of the lines that mailing lists put under a mail."""

LEGAL_STARTS = (
    r"(?:confidentiality|disclaimer|legal|privacy|important) ?(?:notice|note|warning|statement|disclaimer)?\b", r"(?:this|the information (?:contained )?in this|the contents? of this|the information transmitted) ?(?:e-?mail|message|mail|communication|transmission|electronic|information)?\b", r"(?:internet )?e-?mail disclaimer", r"notice\b", r"if you (?:are not|have received|received)",
    r"(?:diese|der inhalt dieser|die in dieser|vertraulichkeits?hinweis|wichtiger hinweis|haftungsausschluss|hinweis|rechtlicher hinweis)\b", r"(?:ce (?:message|courriel|mail|courrier)|cet e-?mail|les informations|avis de confidentialité|avertissement|confidentialité)", r"(?:este (?:mensaje|correo|e-?mail)|la información (?:contenida|incluida)|aviso (?:legal|de confidencialidad)|advertencia)",
    r"(?:esta (?:mensagem|comunicação)|este (?:e-?mail|correio)|as informações|aviso (?:legal|de confidencialidade)|a informação)", r"(?:le informazioni|questo (?:messaggio|documento)|questa (?:e-?mail|comunicazione)|il (?:presente|contenuto)|avviso di riservatezza|nota di riservatezza|ai sensi d)", r"(?:dit (?:bericht|e-?mailbericht)|deze (?:e-?mail|boodschap)|de informatie|disclaimer)",
    r"(?:detta|det här) (?:meddelande|e-?post\w*|mejl)", r"denne (?:e-?mail|e-?post\w*|besked|meddelelse|melding)", r"(?:tämä (?:viesti|sähköposti))", r"(?:niniejsza|ta|treść|informacje|ten) (?:wiadomość|e-?mail|tej|zawarte)", r"(?:tento|tato|obsah|informace|informácie|táto) (?:e-?mail|zpráva|správa|této|obsažené)", r"(?:ez az|jelen|az ebben) (?:e-?mail|üzenet|levél)", r"(?:acest|informațiile|mesajul)",
    r"(?:bu (?:e-?posta|elektronik posta|mesaj|ileti))", r"(?:это (?:сообщение|письмо|электронное)|данное (?:сообщение|письмо)|настоящее|информация|содержание)", r"(?:цей|це|інформація) ?(?:лист|повідомлення)?", r"(?:το παρόν|αυτό το|οι πληροφορίες)", r"(?:この(?:電子)?メール|本メール|本電子メール)", r"(?:此(?:电子)?邮件|本(?:电子)?邮件|本郵件|此郵件|声明|免责声明)", r"(?:이 (?:메일|이메일|메시지)|본 (?:메일|이메일|메시지))",
)  # fmt: skip
"""Beginnings of a legal notice."""

ADDRESSEE = r"intended (?:solely|only|exclusively)|to whom (?:it|they) (?:is|are) addressed|intended recipient|adressat|destinataire|destinatari|destinatári|geadresseerde|adresat|címzett|адресат"
"""Formal words for those to whom a mail is addressed."""

LEGAL_TAILS = (
    r"registered (?:in|office|number|no)\b", r"company (?:no|number|registration)\b", r"vat (?:no|reg|number)", r"accepts? no (?:liability|responsibility)", r"virus", r"sitz der gesellschaft", r"amtsgericht", r"handelsregister", r"registergericht",
    r"geschäftsführ", r"vorsitzende", r"siège social", r"r\.?c\.?s\.? ", r"inscrita en", r"\bkvk\b", r"p\.? ?iva", r"(?:monitor|intercept)\w+", r"authori[sz]ed and regulated", r"liab",
)  # fmt: skip
"""Words of a firm's paragraphs under a legal notice."""

LEGAL_SIGNS = (
    r"confidenti|vertraulich|confidencia|riservat|vertrouwelijk|konfidenti|fortrol|luottamuks|poufn|důvěrn|dôvern|bizalmas|confidenț|gizli|конфиденц|конфіденц|εμπιστευτ|機密|机密|機密|保密|기밀|비밀|privileg|rechtlich geschützt|proprietary|secret",
    r"intended (?:solely |only |exclusively )?(?:for|recipient)|addresse[de]|named above|solely for|for the use of|adressat|empfänger|bestimmt|destinatai|destinatari|dirigid|destiné|geadresseerde|bestemd|avsed|mottagar|modtager|mottaker|adresat|určen|příjemc|címzett|destinat|alıcı|получател|адресат|предназнач|παραλήπτ|宛先|受信者|收件人|수신",
    r"in error|by mistake|erroneously|mistaken|irrtüml|versehentlich|fälschlich|par erreur|por error|por erro|por engano|per errore|abusievelijk|ten onrechte|per abuis|av misstag|ved en fejl|ved feil|erehdyksessä|omyłk|pomyłk|omyl|chyb|tévedés|din eroare|yanlış|hata|по ошибке|помилково|εκ παραδρομής|κατά λάθος|誤って|错误|误|錯誤|잘못",
    r"notify|inform(?:ieren)? |advise|contact the sender|informer|avertir|comuni[cq]|notif|avvert|avvis|stell?en? .{0,30}hoogte|meddela|underret|kontakt|powiadom|informov|értesít|anunț|bildir|сообщ|уведом|повідом|ενημερ|連絡|通知|알려",
    r"delet|destroy|lösch|vernicht|détrui|supprim|elimin|borr|destru|apag|cancell|distrugg|verwijder|vernietig|radera|förstör|slet|poista|usun|usuń|smaž|vymaž|zničte|töröl|șterg|sil|удал|уничтож|видал|διαγρά|καταστρέ|削除|破棄|删除|刪除|삭제|폐기",
    r"unauthori[sz]ed|prohibit|unzulässig|disclos|distribut|copying|dissemin|unbefugt|verbot|untersag|nicht gestattet|weitergabe|interdit|divulg|prohib|proibid|vietat|verboden|förbjud|forbudt|zabron|zakáz|tilos|interzis|yasak|запрещ|заборон|απαγορ|禁止|금지|liab|haft|responsab|aansprak|virus",
)  # fmt: skip
"""A legal notice speaks of at least three of these: secrecy, addressees, error, notice, deletion, prohibition."""

SMALL_PRINT = (
    r"p please consider the environment\b.{0,80}", r"(?:please )?think before (?:you )?print\w*\b.{0,40}", r"(?:this|the) (?:e-?mail|message) (?:has been|was) scanned (?:by|for)\b.{0,120}", r"for more information,? please visit <?https?://\S{1,100}(?:symantec|mimecast|messagelabs|trendmicro|barracuda)\S{0,100}",
    r"for more information,? please visit <?https?://\S{0,60}(?:symantec|mimecast|messagelabs|trendmicro|barracuda)\S{0,100}",
    r"(?:please )?(?:consider|think of|think about) (?:the environment|your environmental)\b.{0,60}print.{0,60}", r"(?:please )?do(?:n't| not) print this e-?mail unless", r"save (?:paper|a tree)\b.{0,60}", r"bitte (?:denken|prüfen) sie\b.{0,60}(?:ausdruck|druck|umwelt)", r"(?:denken sie an die umwelt|schützen sie die umwelt)\b.{0,60}", r"pensez (?:à l['’]environnement|à l['’]écologie)\b.{0,80}", r"(?:avant d['’]imprimer)\b.{0,60}",
    r"(?:antes de imprimir)\b.{0,80}", r"piense en el medio ambiente\b.{0,80}", r"prima di stampare\b.{0,80}", r"denk aan het milieu\b.{0,80}", r"(?:this|diese) (?:e-?mail|message|mail|nachricht) (?:has been|wurde) (?:checked|scanned|auf viren|von)\b.{0,80}(?:virus|viren|avast|avg|norton|kaspersky|eset|antivirus)\b.{0,40}", r"virus-?free\b.{0,40}", r"virenfrei\b.{0,40}",
    r"(?:libre de virus|sans virus|livre de vírus|privo di virus|virusvrij)\b.{0,40}", r"scanned by \w+\b.{0,40}", r"l['’]absence de virus dans ce courrier\b.{0,100}", r"(?:www\.)?avast\.com", r"<?https?://www\.avast\.com/\S{0,200}", r"<?https?://(?:aka\.ms/(?:o0ukef|AAb9ysg|ghei36|weboutlook)|www\.mobisystems\.com/aqua-mail|go\.onelink\.me)\S{0,200}",
)  # fmt: skip
"""Other lines below a mail: pleas not to print it, virus scanners, addresses of the programs above."""

CLOSINGS = (
    "regards", "greetings", "wishes", "sincerely", "cheers", "thanks", "yours", "gruß", "grüße", "grüßen", "gruss", "grüsse", "grüssen", "freundlich", "cordialement", "salutations",
    "bien à vous", "saludos", "saludo", "atentamente", "cumprimentos", "atenciosamente", "abraço", "saluti", "cordiali", "groet", "groeten", "hälsning", "hälsningar", "hilsen", "hilsner", "terveisin",
    "pozdrawiam", "poważaniem", "pozdravem", "pozdravom", "üdvözlettel", "cu stimă", "saygılar", "уважением", "повагою", "поздрав", "pozdrav", "εκτίμηση", "よろしく", "敬具", "此致", "敬礼", "드림", "בברכה", "تحيات",
)  # fmt: skip
"""Words of the line above a name at the end of a mail."""

PARTICLES = (
    "von", "van", "der", "den", "de", "la", "le", "du", "da", "di", "dos", "del", "zu", "zum", "zur", "of", "and", "und", "et", "y", "e", "i", "i.a.", "i.v.",
    "ppa.", "ppa", "&", "-", "|", "/", "the", "for", "at", "in", "für", "och", "og", "en", "do", "dla", "per", "para", "pour",
)  # fmt: skip
"""Words without a capital in names, jobs and firms."""
