"""Names of people in the scripts in which people write them, with how each is spelled in plain letters."""

from typing import NamedTuple


class Culture(NamedTuple):
    """Given and family names, each as "Spelled=ascii" or, where they are the same, once."""

    weight: int
    given: str
    family: str
    family_first: bool = False
    latin: bool = True


CULTURES = [
    Culture(
        18,
        "Alice Oliver Emma Noah Amelia Jack Grace Harry Ella Thomas Ruby James Sophie Henry Lily Samuel Hannah "
        "Daniel Chloe Benjamin Zoë=zoe Sinéad=sinead Seán=sean Niamh Aoife Owen Megan Rhys",
        "Smith Johnson Williams Brown Taylor Davies Wilson Evans Walker Wright Hughes Edwards Green Hall Wood "
        "Clarke Harrison O'Brien=obrien O'Connor=oconnor Ní-Bhriain=nibhriain Murphy Kelly Byrne Campbell "
        "Stewart Fraser Mackenzie Holmgren",
    ),
    Culture(
        12,
        "Jürgen=juergen Anneliese Björn=bjoern Käthe=kaethe Günther=guenther Sabine Jörg=joerg Ulrike Lukas "
        "Franziska Matthias Heike Sören=soeren Brigitte Moritz Änne=aenne Felix Greta Leon Johanna",
        "Müller=mueller Schmidt Schröder=schroeder Köhler=koehler Weiß=weiss Groß=gross Jäger=jaeger Vogel "
        "Krüger=krueger Böhm=boehm Straßmann=strassmann Huber Königsberger=koenigsberger Becker Wagner Lange "
        "Fuchs Schäfer=schaefer Brandt Zöllner=zoellner",
    ),
    Culture(
        10,
        "Zoé=zoe François=francois Hélène=helene Jérôme=jerome Maëlle=maelle Benoît=benoit Chloé=chloe "
        "Loïc=loic Anaïs=anais Rémi=remi Noémie=noemie Théo=theo Inès=ines Clément=clement Océane=oceane Luc",
        "Dupont Lefèvre=lefevre Bérénger=berenger Garçon=garcon Châtelain=chatelain Moreau Lacroix Gauthier "
        "Pélissier=pelissier Noël=noel Beaufaÿs=beaufays Fournier D'Aubigné=daubigne Mercier Renaud Hébert=hebert",
    ),
    Culture(
        12,
        "José=jose María=maria Iñigo=inigo Núria=nuria Ángel=angel Lucía=lucia Andrés=andres Sofía=sofia João=joao "
        "Conceição=conceicao Íris=iris Tomás=tomas Ramón=ramon Begoña=begona Vinícius=vinicius Beatriz Raúl=raul",
        "García=garcia Núñez=nunez Fernández=fernandez Muñoz=munoz Peña=pena Ibáñez=ibanez Gonçalves=goncalves "
        "Magalhães=magalhaes Sáenz=saenz Araújo=araujo López=lopez Ordóñez=ordonez Ferreira Simões=simoes Vega",
    ),
    Culture(
        8,
        "Łukasz=lukasz Małgorzata=malgorzata Jiří=jiri Zdeňka=zdenka Ágnes=agnes György=gyorgy Đorđe=djordje "
        "Željka=zeljka Ștefan=stefan Ioana Śliwia=sliwia Ondřej=ondrej Žofie=zofie Bence Kateřina=katerina",
        "Wiśniewski=wisniewski Łukaszewicz=lukaszewicz Dvořák=dvorak Černý=cerny Szűcs=szucs Kőrösi=korosi "
        "Đurić=djuric Žižek=zizek Ionescu Țăranu=taranu Nováková=novakova Zieliński=zielinski Kovács=kovacs",
    ),
    Culture(
        7,
        "Åsa=asa Jørgen=jorgen Søren=soren Þóra=thora Guðrún=gudrun Mårten=marten Øyvind=oyvind Päivi=paivi "
        "Ingrid Väinö=vaino Astrid Håkon=hakon Kjærsti=kjaersti Aino Lars Sigríður=sigridur",
        "Åkesson=akesson Sørensen=sorensen Bjørnstad=bjornstad Þórðardóttir=thordardottir Ängström=angstrom "
        "Nyström=nystrom Østergård=ostergard Hämäläinen=hamalainen Virtanen Lindqvist Mäkelä=makela Holmgren",
    ),
    Culture(
        5,
        "Ayşe=ayse Çağla=cagla Işıl=isil Ömer=omer Şükrü=sukru Gülçin=gulcin Emre Defne Barış=baris Nguyệt=nguyet",
        "Yılmaz=yilmaz Özgür=ozgur Şahin=sahin Çelik=celik Güneş=gunes Aydın=aydin Demir Kaya Öztürk=ozturk",
    ),
    Culture(
        4,
        "Hương=huong Đức=duc Thị-Mai=thimai Quốc=quoc Phượng=phuong Tuấn=tuan Ánh=anh Dũng=dung Lệ=le Khôi=khoi",
        "Nguyễn=nguyen Trần=tran Lê=le Phạm=pham Hoàng=hoang Đặng=dang Bùi=bui Đỗ=do Hồ=ho Ngô=ngo",
        family_first=True,
    ),
    Culture(
        6,
        "Анна=anna Иван=ivan Ольга=olga Дмитрий=dmitry Наталья=natalya Сергей=sergey Юлия=yulia Пётр=pyotr "
        "Олександра=oleksandra Богдан=bohdan Светлана=svetlana Андрей=andrey Їванна=yivanna Георги=georgi",
        "Иванова=ivanova Смирнов=smirnov Кузнецов=kuznetsov Шевченко=shevchenko Ёлкина=yolkina Петренко=petrenko "
        "Соколова=sokolova Морозов=morozov Щербаков=shcherbakov Димитров=dimitrov Коваленко=kovalenko",
        latin=False,
    ),
    Culture(
        3,
        "Ελένη=eleni Γιώργος=giorgos Σοφία=sofia Νίκος=nikos Δήμητρα=dimitra Αλέξης=alexis Ιωάννα=ioanna",
        "Παπαδόπουλος=papadopoulos Οικονόμου=oikonomou Νικολάου=nikolaou Γεωργίου=georgiou Βασιλείου=vasileiou",
        latin=False,
    ),
    Culture(
        6,
        "伟=wei 芳=fang 娜=na 敏=min 静=jing 丽=li 强=qiang 磊=lei 军=jun 洋=yang 勇=yong 艳=yan 杰=jie 秀英=xiuying "
        "子轩=zixuan 欣怡=xinyi 浩然=haoran 雨桐=yutong",
        "李=li 王=wang 张=zhang 刘=liu 陈=chen 杨=yang 黄=huang 赵=zhao 周=zhou 吴=wu 徐=xu 孙=sun 欧阳=ouyang",
        family_first=True,
        latin=False,
    ),
    Culture(
        3,
        "陽子=yoko 健太=kenta さくら=sakura 大輔=daisuke 美咲=misaki 翔=sho 結衣=yui 拓也=takuya マリ=mari 直樹=naoki",
        "佐藤=sato 鈴木=suzuki 高橋=takahashi 田中=tanaka 渡辺=watanabe 伊藤=ito 山本=yamamoto 中村=nakamura",
        family_first=True,
        latin=False,
    ),
    Culture(
        2,
        "민준=minjun 서연=seoyeon 지훈=jihoon 하은=haeun 도윤=doyun 수빈=subin 예진=yejin 현우=hyunwoo",
        "김=kim 이=lee 박=park 최=choi 정=jeong 강=kang 조=cho 윤=yoon",
        family_first=True,
        latin=False,
    ),
    Culture(
        5,
        "محمد=mohammed فاطمة=fatima أحمد=ahmed عائشة=aisha خالد=khaled ليلى=layla يوسف=yusuf نور=noor مريم=maryam "
        "حسن=hassan زينب=zaynab طارق=tariq",
        "الحداد=alhaddad الخطيب=alkhatib المصري=almasri النجار=alnajjar حسين=hussein عبدالله=abdullah الشامي=alshami",
        latin=False,
    ),
    Culture(
        2,
        "נועה=noa דוד=david תמר=tamar יוסף=yosef מיכל=michal אבי=avi שירה=shira דניאל=daniel",
        "כהן=cohen לוי=levi מזרחי=mizrahi פרץ=peretz ביטון=biton אברהם=avraham",
        latin=False,
    ),
    Culture(
        3,
        "प्रिया=priya अर्जुन=arjun अनन्या=ananya राहुल=rahul दीपिका=deepika विक्रम=vikram मीरा=meera रोहन=rohan",
        "शर्मा=sharma पटेल=patel सिंह=singh गुप्ता=gupta वर्मा=verma मेहता=mehta जोशी=joshi",
        latin=False,
    ),
]


class Name(NamedTuple):
    spelled: str
    ascii: str


class Pool(NamedTuple):
    given: list[Name]
    family: list[Name]
    family_first: bool
    latin: bool


def pools() -> list[Pool]:
    """One entry for each unit of weight, so that a plain random pick is weighted."""
    entries = [(Pool(_names(c.given), _names(c.family), c.family_first, c.latin), c.weight) for c in CULTURES]
    return [pool for pool, weight in entries for _ in range(weight)]


def _names(text: str) -> list[Name]:
    pairs = (word.partition("=") for word in text.split())
    return [Name(spelled.replace("-", " "), ascii_ or spelled.lower()) for spelled, _equals, ascii_ in pairs]
