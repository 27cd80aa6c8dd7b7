"""The organisation that `manage.py demo` shows: small, three levels deep, named by hand."""

from organization.seeding.shape import Shape

# Name, name of the parent, number of people.
DEMO = [
    ("Meridian Group", "", 4),
    ("Finance", "Meridian Group", 12),
    ("People and Culture", "Meridian Group", 9),
    ("Technology", "Meridian Group", 14),
    ("Operations", "Meridian Group", 16),
    ("Sales and Marketing", "Meridian Group", 11),
    ("Legal", "Meridian Group", 8),
    ("Accounting", "Finance", 21),
    ("Treasury", "Finance", 7),
    ("Recruiting", "People and Culture", 10),
    ("Training", "People and Culture", 6),
    ("Software Development", "Technology", 58),
    ("IT Support", "Technology", 23),
    ("Data and Analytics", "Technology", 17),
    ("Logistics", "Operations", 46),
    ("Entrepôt Zürich", "Operations", 31),
    ("Customer Service", "Operations", 38),
    ("Ventas Málaga", "Sales and Marketing", 18),
    ("営業部 東京", "Sales and Marketing", 14),
    ("Communications", "Sales and Marketing", 7),
]


def demo_shape() -> Shape:
    position = {name: number for number, (name, _parent, _size) in enumerate(DEMO)}
    return Shape(
        names=[name for name, _parent, _size in DEMO],
        parents=[position.get(parent) for _name, parent, _size in DEMO],
        sizes=[size for _name, _parent, size in DEMO],
    )
