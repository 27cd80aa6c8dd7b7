"""What people call the columns of their files, in English, German, French and Spanish: proposals, nothing more."""


def _apart(words: str) -> tuple[str, ...]:
    return tuple(words.split(", "))


def _values(**words: str) -> tuple[tuple[str, str], ...]:
    """Value by value what people write for it → (word, value)."""
    return tuple((word, value) for value, listed in words.items() for word in _apart(listed))


COST_CENTER = _apart(
    "kst, kostenstelle, stammkostenstelle, stamm-kostenstelle, centre de coût, centre de coûts, centro de coste, "
    "centro de costo"
)
FIRST_NAME = _apart(
    "firstname, given name, given names, forename, legal first name, legal name first name, vorname, vornamen, "
    "prénom, prénoms, prenom, nombre de pila, nombres"
)
MIDDLE_NAME = _apart(
    "middlename, middle names, middle initial, mid init, middle init, middle, mi, legal middle name, "
    "legal name middle name, weitere vornamen, "
    "zweitname, mittlerer name, second prénom, autres prénoms"
)
LAST_NAME = _apart(
    "lastname, surname, family name, legal last name, legal name last name, nachname, familienname, zuname, "
    "nom de famille, apellido, apellidos, primer apellido, apellido 1, apellido1, 1er apellido, apellido paterno, "
    "first surname"
)
BIRTH_NAME = _apart("nom de naissance, nom patronymique, nom de jeune fille")
LAST_NAME_IN_USE = _apart(
    "nom d usage, nom usuel, nom marital, nom d épouse, married name, apellido de casada"
)
SECOND_LAST_NAME = _apart(
    "segundo apellido, apellido 2, apellido2, 2º apellido, 2do apellido, apellido materno, second surname, "
    "second last name"
)

DEPARTMENT_CODES = _apart(
    "department_code, dept code, department code, dept id, deptid, department id, department number, department no, "
    "dept no, home department code, abteilungscode, abteilungsnummer, abteilungs-nr, abteilungsnr, abteilungskürzel, "
    "code service, code du service, code département, código de departamento, código departamento"
)
DEPARTMENT_NAMES = _apart(
    "department_name, department, dept, dept name, department description, department title, abteilung, "
    "abteilungsname, abteilungsbezeichnung, département, nom du service, nom service, libellé service, "
    "libellé du service, departamento, nombre departamento, nombre del departamento"
)

STATUS = _values(
    planned="future hire, onboarding, zukünftig, prévu, prévue, previsto, prevista",
    active="aktive, aktiver, actif, active, en poste, activo, activa, alta, current, employed, beschäftigt",
    on_leave="leave, leave of absence, loa, elternzeit, congé, excedencia, en excedencia, permiso, en permiso",
    suspended="suspendiert, suspendu, suspendue, suspendido, suspendida",
    left="terminated, separated, resigned, retired, leaver, inactive, ceased, ausgetreten, ausgeschieden, inaktiv, "
    "inactif, inactive, inactivo, inactiva, parti, partie, sorti, sortie, cesado, cesada",
)
EMPLOYMENT_TYPE = _values(
    permanent="regular, indefinite, unbefristet, festangestellt, festanstellung, cdi, indefinido, "
    "contrato indefinido, fijo, fija",
    fixed_term="fixed, befristet, cdd, duración determinada",
    temporary="temp, seasonal, aushilfe, werkstudent, werkstudentin, intérim, intérimaire, temporal, eventual",
    contractor="freelance, freelancer, freiberuflich, freie mitarbeit, indépendant, autónomo, autónoma",
    apprentice="apprenticeship, ausbildung, azubi, apprentissage, contrat d'apprentissage, alternance, aprendizaje, "
    "contrato de formación",
    intern="internship, praktikant, praktikantin, praktikum, stage, stagiaire, becario, becaria",
)

DEPARTMENTS = {
    "code": _apart(
        "department number, dept code, dept id, deptid, department id, abteilungscode, "
        "abteilungsnummer, abteilungskürzel, kürzel, kurzzeichen, code service, code département, "
        "code du service, code departement, código, codigo, código de departamento, código departamento, "
        "department no, dept no, org code, unit code, abteilungs nr, abteilungsnr, cód departamento, "
        "cod departamento, oe-kürzel"
    ),
    "name": _apart(
        "department, abteilung, abteilungsname, abteilungsbezeichnung, bezeichnung, nom, "
        "service, "
        "département, nom du service, libellé, nombre, departamento, nombre del departamento, "
        "department description, agency name, dept name, organisationseinheit, "
        "org name, org unit name, unit name, libellé service, libellé du service, nom service, "
        "nombre departamento"
    ),
    "parent_code": _apart(
        "parent id, parent department id, "
        "parent department code, parent org code, parent unit code, code parent, "
        "code service parent, código padre"
    ),
    "head_employee_number": _apart("manager id"),
    "location": _apart("site, standort, ubicación, sede"),
    "email": _apart(
        "e-mail address, email address, e-mail-adresse, mail, courriel, adresse e-mail, correo, correo electrónico"
    ),
    "description": _apart("beschreibung, descripción, notes"),
    "headcount_planned": _apart(
        "positions, budgeted, headcount budget, budgeted headcount, planstellen, stellen, soll-stellen, "
        "effectif prévu, effectif cible, plantilla prevista"
    ),
    "opened_on": _apart("opened, eröffnet, eröffnet am, ouvert le, abierto el"),
    "closed_on": _apart("closed, geschlossen, geschlossen am, fermé le, cerrado el"),
}

# Where no other header says it, the first before the next; and where the first lines fit.
DEPARTMENTS_LOOSE = {
    "code": _apart("dept, nr, id, cost unit"),
    "name": _apart("unit, bereich, organization, organisation, direction, agency, title"),
    "parent_code": _apart(
        "parent, parent department, parent dept, parent unit, parent organization, übergeordnet, "
        "übergeordnete abteilung, übergeordnete einheit, service parent, département parent, "
        "departamento superior, departamento padre, belongs to, part of, gehört zu, rattaché à, "
        "depende de"
    ),
    "head_employee_number": _apart(
        "head, head of department, department head, manager, director, leiter, leitung, "
        "abteilungsleiter, abteilungsleiter in, responsable, responsable du service, "
        "responsable del departamento, chef de service, jefe, jefe de departamento"
    ),
    "location": _apart("city, stadt, ort, lieu, ville, ciudad"),
}

EMPLOYEES = {
    "employee_number": _apart(
        "employee id, employee no, emp id, emp no, staff id, staff number, personnel number, "
        "personalnummer, personalnr, personal nr, mitarbeiternummer, pers nr, matricule, "
        "numéro d employé, numéro employé, número de empleado, nº empleado, legajo, matrícula, "
        "employee #, employee nbr, empl id, emplid, ee id, worker id, "
        "file number, file #, pers no, personal-nr, persnr, mitarbeiter-nr, mitarbeiter nr, numéro matricule, "
        "n° matricule, nº matricule, "
        "código de empleado, código empleado, employee code, employee nr, n° employé, nº de empleado, n° de empleado, "
        "associate id, pernr, staff no, emp number, mitarbeiter-id, mitarbeiterid, "
        "id mitarbeiter, mitarbeiternr, mitarbeiter-nummer, personal-id, personal-nummer, ma-nr, code salarié, "
        "matricule salarié, n° salarié, "
        "nº salarié, numéro salarié, numéro de salarié, id employé, número empleado, num empleado, id empleado, "
        "nº trabajador, n° trabajador, código trabajador, código de trabajador, cód trabajador, cod trabajador, "
        "cód empleado, cod empleado, employee identifier, empid"
    ),
    "name": _apart(
        "employee name, full name, full legal name, legal name, mitarbeitername, "
        "vollständiger name, nom, nom complet, "
        "nom et prénom, nombre, nombre completo, nombre y apellidos, "
        "payroll name, name of employee, last name first name, last first, "
        "nachname vorname, name vorname, nachname und vorname, name des mitarbeiters, nom prénom, apellidos y nombre, "
        "apellidos nombre, employee full name, vorname nachname, vor und nachname, prénom nom, nom et prénoms, "
        "nom du salarié"
    ),
    "preferred_name": _apart(
        "known as, preferred first name, preferred name first name, rufname, prénom usuel, nombre preferido"
    ),
    "work_email": _apart(
        "dienstliche e-mail, "
        "work email address, business email, company email, email work, "
        "geschäftliche e-mail, e-mail dienstlich, e-mail geschäftlich, correo corporativo, correo de empresa, "
        "e-mail professionnel, email primary work, primary work email, mail professionnel, "
        "email professionnel, courriel professionnel, email corporativo"
    ),
    "phone": _apart(
        "work phone number, primary work phone, phone primary work, business phone, biz phone, phone work, "
        "diensttelefon, téléphone professionnel"
    ),
    "job_title": _apart(
        "job titles, stellenbezeichnung, funktion, poste, "
        "intitulé du poste, fonction, emploi, puesto, cargo, title description, job title description, "
        "business title, position title, position description, "
        "tätigkeit, berufsbezeichnung, puesto de trabajo, jobtitle, job class title"
    ),
    "department_code": _apart(
        "dept, deptid, department id, dept id, department name, department or agency name, "
        "abteilung, abteilungscode, service, département, code service, departamento, "
        "department code, dept name, dept code, agency name, department division, "
        "home department, home department code, home department description, "
        "organizational unit, org unit, "
        "supervisory organization, organisationseinheit, orgeinheit, org.einheit, abt, "
        "abteilungsname, "
        "department number, department no, dept no, "
        "abteilungsnummer, abteilungs-nr, abteilungsnr, depto, unidad organizativa"
    ),
    "manager_employee_number": _apart(
        "manager id, line manager id, line manager number, "
        "line manager email, "
        "matricule n+1, "
        "email n+1, matricule manager, matricule responsable, matricule du responsable, "
        "supervisor id, "
        "reports to id, manager number, manager employee id, supervisor number, supervisor employee id, "
        "reports to associate id, vorgesetzten nr, vorgesetzter pers nr, manager email, supervisor email, "
        "vorgesetzte/r e-mail, vorgesetzter e-mail, vorgesetzte e-mail, e-mail vorgesetzter, führungskraft e-mail, "
        "vorgesetzte/r personalnummer, vorgesetzter personalnummer, personalnummer vorgesetzter, email responsable, "
        "e-mail responsable, email manager, correo responsable, correo del responsable"
    ),
    "status": _apart(
        "employment status, beschäftigungsstatus, position status, "
        "worker status, employee status, leave status as of june 30, status des mitarbeiters"
    ),
    "employment_type": _apart(
        "contract type, vertragsart, type de contrat, nature du contrat, nature contrat, "
        "tipo de contrato, tipo contrato, tipo de contratación, "
        "beschäftigungsverhältnis, mitarbeitergruppe"
    ),
    "fte": _apart(
        "full time equivalent, vollzeitäquivalent, vzä, beschäftigungsgrad, pensum, etp, quotité, taux d activité, "
        "taux d occupation, equivalente a tiempo completo"
    ),
    "hire_date": _apart(
        "hired, hired on, start date, date of hire, entry date, eintritt, eintrittsdatum, "
        "einstellungsdatum, date d embauche, date d entrée, fecha de contratación, fecha de ingreso, "
        "fecha de alta, fecha alta, date first hired, agency start date, most recent hire date, "
        "original hire date, hire dt, date hired, "
        "employment date, beginn, eintritt am, eingetreten am, joining date, date of joining, fecha de inicio, "
        "date de début, hiredate, date entrée, date embauche, fecha ingreso, fecha antigüedad, fecha de antigüedad"
    ),
    "end_date": _apart(
        "termination date, term date, left on, leaving date, leave date, date of leaving, austritt, "
        "austrittsdatum, date de sortie, "
        "date de départ, fecha de baja, fecha baja, fecha de salida, termination dt, last day worked, "
        "separation date, austritt am, ausgetreten am, date de fin, fecha de fin, date sortie"
    ),
    "end_reason": _apart("reason for leaving, austrittsgrund, motif de départ, motif de fin, motivo de baja"),
    "location": _apart(
        "site, office, standort, ubicación, sede, work location, "
        "location name, location description, worksite, arbeitsort, dienstort, büro, niederlassung, "
        "lieu de travail, établissement, etablissement, "
        "centro de trabajo"
    ),
    "notes": _apart(
        "note, comments, remarks, notizen, bemerkung, bemerkungen, remarques, commentaires, notas, "
        "observaciones, kommentar, kommentare, commentaire, comentario, comentarios"
    ),
}

NO_MANAGER = _apart("no_manager, no manager")  # above whom nobody stands

EMPLOYEES_LOOSE = {
    "employee_number": _apart("person id, emp, id, number"),
    "name": _apart("employee, mitarbeiter, employé, empleado, worker, display name"),
    "work_email": _apart(
        "email, e-mail, email address, e-mail address, e-mail-adresse, email-adresse, mail, "
        "adresse mail, adresse e-mail, courriel, correo, correo electrónico"
    ),
    "phone": _apart("phone, phone number, telephone, telefon, telefonnummer, téléphone, teléfono, tel, tél"),
    "job_title": _apart(
        "title, position, role, job, stelle, planstelle, beruf, job classification, classification, "
        "occupation"
    ),
    "department_code": _apart(
        "division, department description, department title, organization, organisation, unit, unidad, "
        "área, bereich, direction, agency, cost center name"
    ),
    "manager_employee_number": _apart(
        "reports to, reporting to, manager, line manager, supervisor, vorgesetzter, vorgesetzte, "
        "vorgesetzte/r, führungskraft, supérieur, supérieur hiérarchique, responsable, "
        "responsable hiérarchique, n+1, manager n+1, responsable n+1, superior, jefe, jefe directo, "
        "responsable directo"
    ),
    "status": _apart("zustand, statut, estado, situación"),
    "employment_type": _apart("contract, contrat, contrato"),
    "fte": _apart("jornada"),
    "end_date": _apart("letzter arbeitstag"),
    "location": _apart("city, ort, lieu, ville, ciudad"),
}

# Of a home, where the header has its street or postcode: no number of an employee, no place or telephone of work.
OF_ADDRESSES = ("number", *EMPLOYEES_LOOSE["phone"], *EMPLOYEES_LOOSE["location"])
ADDRESSES = _apart(
    "address, address 1, address1, address line 1, address line1, home address, mailing address, street, "
    "street address, zip, zip code, postcode, post code, postal code, postalcode, straße, strasse, hausnummer, "
    "anschrift, adresse, plz, postleitzahl, rue, adresse 1, adresse postale, code postal, dirección, direccion, "
    "domicilio, calle, código postal, codigo postal"
)

# What stands below a “Title” that is no job.
FORMS_OF_ADDRESS = _apart(
    "mr, mrs, ms, miss, mx, dr, herr, frau, m, mme, mlle, sr, sra, srta, d, dª, don, doña"
)
