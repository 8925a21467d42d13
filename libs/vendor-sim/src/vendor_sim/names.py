"""Names to draw from. A name is (as written, as it appears in an address)."""

Name = tuple[str, str]

FIRST: tuple[Name, ...] = (
    ("Anna", "anna"), ("Lukas", "lukas"), ("Sofia", "sofia"), ("Jan", "jan"), ("Marie", "marie"), ("Felix", "felix"),
    ("Laura", "laura"), ("Tobias", "tobias"), ("Julia", "julia"), ("Markus", "markus"), ("Sabine", "sabine"),
    ("Thomas", "thomas"), ("Petra", "petra"), ("Stefan", "stefan"), ("Monika", "monika"), ("Andreas", "andreas"),
    ("Claudia", "claudia"), ("Michael", "michael"), ("Birgit", "birgit"), ("Jürgen", "juergen"), ("Günter", "guenter"),
    ("Zoë", "zoe"), ("José", "jose"), ("André", "andre"), ("Chloé", "chloe"), ("Søren", "soeren"), ("Åsa", "asa"),
    ("Łukasz", "lukasz"), ("Agnieszka", "agnieszka"), ("Paweł", "pawel"), ("Małgorzata", "malgorzata"),
    ("Çağla", "cagla"), ("Emre", "emre"), ("Ayşe", "ayse"), ("Mehmet", "mehmet"), ("Şirin", "sirin"),
    ("Siobhán", "siobhan"), ("Patrick", "patrick"), ("Emma", "emma"), ("Oliver", "oliver"), ("Grace", "grace"),
    ("Henry", "henry"), ("Alice", "alice"), ("George", "george"), ("Daniel", "daniel"), ("Sarah", "sarah"),
    ("Kevin", "kevin"), ("Nicole", "nicole"), ("David", "david"), ("Katharina", "katharina"), ("Simon", "simon"),
    ("Elena", "elena"), ("Dmitri", "dmitri"), ("Olga", "olga"), ("健太", "kenta"), ("美咲", "misaki"), ("Wei", "wei"),
    ("Priya", "priya"), ("Arjun", "arjun"), ("Fatima", "fatima"), ("Omar", "omar"), ("Giulia", "giulia"),
    ("Marco", "marco"), ("Inês", "ines"), ("Hans-Peter", "hans-peter"), ("Anne-Sophie", "anne-sophie"),
    ("Ruth", "ruth"), ("Bernd", "bernd"), ("Heike", "heike"), ("Ralf", "ralf"), ("Ute", "ute"), ("Uwe", "uwe"),
)  # fmt: skip

LAST: tuple[Name, ...] = (
    ("Müller", "mueller"), ("Schmidt", "schmidt"), ("Schneider", "schneider"), ("Fischer", "fischer"),
    ("Weber", "weber"), ("Meyer", "meyer"), ("Wagner", "wagner"), ("Becker", "becker"), ("Schulz", "schulz"),
    ("Hoffmann", "hoffmann"), ("Schäfer", "schaefer"), ("Koch", "koch"), ("Bauer", "bauer"), ("Richter", "richter"),
    ("Klein", "klein"), ("Wolf", "wolf"), ("Schröder", "schroeder"), ("Neumann", "neumann"), ("Schwarz", "schwarz"),
    ("Zimmermann", "zimmermann"), ("Braun", "braun"), ("Krüger", "krueger"), ("Hofmann", "hofmann"),
    ("Hartmann", "hartmann"), ("Lange", "lange"), ("Werner", "werner"), ("Krause", "krause"), ("Lehmann", "lehmann"),
    ("Köhler", "koehler"), ("Maier", "maier"), ("Großmann", "grossmann"), ("Weiß", "weiss"), ("Çelik", "celik"),
    ("Yılmaz", "yilmaz"), ("Öztürk", "oeztuerk"), ("Kowalski", "kowalski"), ("Wiśniewski", "wisniewski"),  # noqa: RUF001
    ("Łukasiewicz", "lukasiewicz"), ("Nowak", "nowak"), ("O’Brien", "obrien"), ("O'Connor", "oconnor"),  # noqa: RUF001
    ("Murphy", "murphy"), ("Smith", "smith"), ("Jones", "jones"), ("Taylor", "taylor"), ("Brown", "brown"),
    ("Wilson", "wilson"), ("Evans", "evans"), ("Walker", "walker"), ("Wright", "wright"), ("Hughes", "hughes"),
    ("García", "garcia"), ("Fernández", "fernandez"), ("Muñoz", "munoz"), ("Rossi", "rossi"), ("Ferrari", "ferrari"),
    ("Silva", "silva"), ("Gonçalves", "goncalves"), ("Dubois", "dubois"), ("Lefèvre", "lefevre"),
    ("Jensen", "jensen"), ("Sørensen", "soerensen"), ("Lindström", "lindstroem"), ("Novák", "novak"),
    ("Dvořák", "dvorak"), ("Horváth", "horvath"), ("Ionescu", "ionescu"), ("Petrov", "petrov"), ("中村", "nakamura"),
    ("田中", "tanaka"), ("Chen", "chen"), ("Nguyễn", "nguyen"), ("Patel", "patel"), ("Singh", "singh"),
    ("van der Berg", "vanderberg"), ("de Vries", "devries"), ("von Ahlen", "vonahlen"),
    ("Meier-Lorenz", "meier-lorenz"),
    ("Vogel", "vogel"), ("Friedrich", "friedrich"), ("Keller", "keller"), ("Günther", "guenther"), ("Frank", "frank"),
    ("Berger", "berger"), ("Winkler", "winkler"), ("Roth", "roth"), ("Beck", "beck"), ("Lorenz", "lorenz"),
    ("Baumann", "baumann"), ("Franke", "franke"), ("Albrecht", "albrecht"), ("Schuster", "schuster"),
    ("Simon", "simon"), ("Ludwig", "ludwig"), ("Böhm", "boehm"), ("Winter", "winter"), ("Kraus", "kraus"),
)  # fmt: skip

COMPANY_FIRST: tuple[Name, ...] = (
    ("Bergmann", "bergmann"), ("Nordlicht", "nordlicht"), ("Königsee", "koenigsee"), ("Albatros", "albatros"),
    ("Hansa", "hansa"), ("Rhein-Main", "rheinmain"), ("Silberfels", "silberfels"), ("Falkner", "falkner"),
    ("Grünwald", "gruenwald"), ("Seeblick", "seeblick"), ("Harbour", "harbour"), ("Maple", "maple"),
    ("Northgate", "northgate"), ("Stonebridge", "stonebridge"), ("Oakfield", "oakfield"), ("Bluewater", "bluewater"),
    ("Tischlerhof", "tischlerhof"), ("Waldhaus", "waldhaus"), ("Elbtal", "elbtal"), ("Lindner", "lindner"),
)  # fmt: skip

COMPANY_SECOND: tuple[Name, ...] = (
    ("Logistik", "logistik"), ("Bau", "bau"), ("Steuerberatung", "stb"), ("Zahnärzte", "zahnaerzte"),
    ("Maschinenbau", "maschinenbau"), ("Architekten", "architekten"), ("Rechtsanwälte", "recht"),
    ("Immobilien", "immobilien"), ("Foods", "foods"), ("Engineering", "engineering"), ("Consulting", "consulting"),
    ("Textil", "textil"), ("Energie", "energie"), ("Druck", "druck"), ("Pflege", "pflege"),
)  # fmt: skip

LEGAL_FORMS = ("GmbH", "GmbH & Co. KG", "AG", "Ltd", "e.K.", "Partnerschaft mbB")
DEPARTMENTS = ("Vertrieb", "Buchhaltung", "Produktion", "Einkauf", "IT", "Personal", "Marketing", "Lager")
JOB_TITLES = ("Sachbearbeitung", "Leitung", "Assistenz", "Technik", "Außendienst", "Praktikum", "Projektleitung")
CITIES = (("Leipzig", "04109"), ("Köln", "50667"), ("Hamburg", "20095"), ("München", "80331"), ("Dublin", "D02"))
SHARED_MAILBOXES = ("info", "rechnung", "bewerbung", "support", "office", "bestellung")
ROOMS = ("Besprechung 1", "Besprechung 2", "Konferenz EG", "Werkstatt")
