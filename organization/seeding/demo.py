"""The organisation that `manage.py demo` shows: small, three levels deep, named by hand."""

from organization.seeding.shape import Shape

# Name, name of the parent, number of people, city.
DEMO = [
    ("Meridian Group", "", 4, "Lisboa"),
    ("Finance", "Meridian Group", 12, "Lisboa"),
    ("People and Culture", "Meridian Group", 9, "København"),
    ("Technology", "Meridian Group", 14, "Kraków"),
    ("Operations", "Meridian Group", 16, "Lisboa"),
    ("Sales and Marketing", "Meridian Group", 11, "Dublin"),
    ("Legal", "Meridian Group", 8, "Lisboa"),
    ("Accounting", "Finance", 21, "Porto"),
    ("Treasury", "Finance", 7, "Lisboa"),
    ("Recruiting", "People and Culture", 10, "København"),
    ("Training", "People and Culture", 6, "München"),
    ("Software Development", "Technology", 58, "Kraków"),
    ("IT Support", "Technology", 23, "Αθήνα"),
    ("Data and Analytics", "Technology", 17, "Montréal"),
    ("Logistics", "Operations", 46, "Porto"),
    ("Entrepôt Zürich", "Operations", 31, "Zürich"),
    ("Customer Service", "Operations", 38, "Dublin"),
    ("Ventas Málaga", "Sales and Marketing", 18, "Málaga"),
    ("営業部 東京", "Sales and Marketing", 14, "東京"),
    ("Communications", "Sales and Marketing", 7, "Dublin"),
]


def demo_shape() -> Shape:
    names, parents, sizes, cities = (list(column) for column in zip(*DEMO, strict=True))
    return Shape(names, [names.index(parent) if parent else None for parent in parents], sizes, cities)
