"""Departments, places and jobs."""

from organization.models import Employee


def _list(text: str) -> list[str]:
    return text.split("|")


COMPANY = "Meridian Group"
SHARED_NAME = "Team"

FUNCTIONS = _list(
    "Operations|Finance|Human Resources|Sales|Marketing|Information Technology|Logistics|Procurement|Legal|"
    "Research and Development|Customer Service|Quality|Manufacturing|Engineering|Facilities|Communications|"
    "Internal Audit|Treasury|Payroll|Recruiting|Training|Data and Analytics|Security|Product Management|Stores|"
    "Warehouse|Maintenance|Compliance|Tax|Planning|Investor Relations|Fleet|Health and Safety|Field Service|"
    "Laboratory|Design|Partnerships|Pricing|Merchandising|Accounts Receivable|Accounts Payable|Help Desk"
)

CITIES = _list(
    "Lisboa|Zürich|München|København|Kraków|São Paulo|Montréal|Málaga|Malmö|İzmir|Brașov|Győr|Åbo|Reykjavík|"
    "Αθήνα|Київ|София|東京|大阪|北京|深圳|서울|القاهرة|תל אביב|Hà Nội|Nairobi|Lagos|Accra|Cape Town|Mumbai|Pune|"
    "Dublin|Leeds|Porto|Lyon|Gent|Utrecht|Graz|Bern|Oslo|Tartu|Riga|Vilnius|Brno|Košice|Zagreb|Austin|Denver|"
    "Toronto|Halifax|Bogotá|Córdoba|Lima|Quito|Perth|Auckland"
)

TITLES = _list(
    "Clerk|Analyst|Senior Analyst|Specialist|Senior Specialist|Engineer|Senior Engineer|Technician|Coordinator|"
    "Assistant|Consultant|Planner|Buyer|Accountant|Controller|Recruiter|Nurse|Driver|Store Associate|Cashier|"
    "Developer|Systems Administrator|Designer|Editor|Translator|Inspector|Operator|Electrician|Mechanic|"
    "Account Manager|Sales Representative|Business Partner|Counsel|Scientist|Laboratory Assistant|Trainer"
)

LEADS = ["Manager", "Senior Manager", "Team Lead", "Supervisor", "Group Leader"]

Status = Employee.Status
Type = Employee.EmploymentType
Reason = Employee.EndReason

# Each list is picked from at random; how often a value stands in it is how frequent it is.
STATUSES = [Status.ACTIVE] * 85 + [Status.ON_LEAVE] * 4 + [Status.PLANNED] * 2
STATUSES += [Status.SUSPENDED] + [Status.LEFT] * 8
TYPES = [Type.PERMANENT] * 80 + [Type.FIXED_TERM] * 7 + [Type.CONTRACTOR] * 4 + [Type.TEMPORARY] * 3
TYPES += [Type.INTERN] * 3 + [Type.APPRENTICE] * 2 + [Type.OTHER]
TEMPORARY = {Type.FIXED_TERM, Type.TEMPORARY, Type.INTERN, Type.APPRENTICE}
REASONS = [Reason.RESIGNED] * 10 + [Reason.CONTRACT_ENDED] * 4 + [Reason.RETIRED] * 4
REASONS += [Reason.DISMISSED] * 2 + [Reason.DIED, Reason.OTHER]
HOURS = ["1"] * 16 + ["0.8"] * 2 + ["0.6", "0.5"]
