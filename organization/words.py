"""What people call the columns of their files, in English, German, French and Spanish: proposals, nothing more."""


def _apart(words: str) -> tuple[str, ...]:
    return tuple(words.split(", "))


def _values(**words: str) -> tuple[tuple[str, str], ...]:
    """Value by value what people write for it → (word, value)."""
    return tuple((word, value) for value, listed in words.items() for word in _apart(listed))


COST_CENTER = _apart("kst, kostenstelle, centre de coût, centre de coûts, centro de coste, centro de costo")
FIRST_NAME = _apart(
    "firstname, given name, given names, forename, legal first name, vorname, vornamen, prénom, prénoms, "
    "prenom, nombre de pila, nombres"
)
MIDDLE_NAME = _apart(
    "middlename, middle names, middle initial, mid init, middle init, middle, mi, legal middle name, weitere vornamen, "
    "zweitname, mittlerer name, second prénom, autres prénoms"
)
LAST_NAME = _apart(
    "lastname, surname, family name, legal last name, nachname, familienname, zuname, nom de famille, "
    "nom d usage, apellido, apellidos, primer apellido"
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
    planned="future hire, zukünftig, prévu, prévue, previsto, prevista",
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
    intern="internship, praktikant, praktikantin, praktikum, stage, stagiaire, becario, becaria",
)

DEPARTMENTS = {
    "code": _apart(
        "department number, dept code, dept, dept id, deptid, department id, cost unit, id, abteilungscode, "
        "abteilungsnummer, abteilungskürzel, kürzel, kurzzeichen, code service, code département, "
        "code du service, code departement, código, codigo, código de departamento, código departamento, "
        "department no, dept no, org code, unit code, nr, abteilungs nr, abteilungsnr, cód departamento, "
        "cod departamento, oe-kürzel"
    ),
    "name": _apart(
        "department, title, unit, abteilung, abteilungsname, abteilungsbezeichnung, bereich, bezeichnung, nom, "
        "service, "
        "département, nom du service, libellé, nombre, departamento, nombre del departamento, "
        "department description, agency, agency name, dept name, organization, organisation, organisationseinheit, "
        "direction, org name, org unit name, unit name, libellé service, libellé du service, nom service, "
        "nombre departamento"
    ),
    "parent_code": _apart(
        "parent department, parent dept, parent unit, belongs to, part of, übergeordnet, "
        "übergeordnete abteilung, übergeordnete einheit, gehört zu, rattaché à, "
        "service parent, département parent, departamento superior, depende de, parent id, parent department id, "
        "parent department code, parent org code, parent organization, parent unit code, code parent, "
        "code service parent, departamento padre, código padre"
    ),
    "head_employee_number": _apart(
        "head of department, manager, leiter, leitung, abteilungsleiter, responsable, chef de service, "
        "jefe, director, manager id, department head, abteilungsleiter in, responsable du service, "
        "jefe de departamento, responsable del departamento"
    ),
    "location": _apart("site, city, standort, stadt, ort, lieu, ville, ubicación, ciudad, sede"),
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

EMPLOYEES = {
    "employee_number": _apart(
        "employee id, employee no, emp id, emp no, staff id, staff number, personnel number, id, "
        "personalnummer, personalnr, personal nr, mitarbeiternummer, pers nr, matricule, "
        "numéro d employé, numéro employé, número de empleado, nº empleado, legajo, matrícula, "
        "employee #, employee nbr, empl id, emplid, ee id, worker id, person id, emp, "
        "file number, file #, pers no, personal-nr, persnr, mitarbeiter-nr, mitarbeiter nr, numéro matricule, "
        "n° matricule, nº matricule, "
        "código de empleado, código empleado, employee code, employee nr, n° employé, nº de empleado, n° de empleado, "
        "associate id, pernr, staff no, emp number, mitarbeiter-id, mitarbeiterid, "
        "id mitarbeiter, mitarbeiternr, mitarbeiter-nummer, personal-id, personal-nummer, ma-nr, code salarié, "
        "matricule salarié, n° salarié, "
        "nº salarié, numéro salarié, numéro de salarié, id employé, número empleado, num empleado, id empleado, "
        "nº trabajador, n° trabajador, código trabajador, código de trabajador, employee identifier"
    ),
    "name": _apart(
        "employee name, full name, full legal name, legal name, employee, mitarbeiter, mitarbeitername, "
        "vollständiger name, nom, nom complet, "
        "nom et prénom, employé, nombre, nombre completo, nombre y apellidos, empleado, worker, "
        "payroll name, name of employee, display name, last name first name, last first, "
        "nachname vorname, name vorname, nachname und vorname, name des mitarbeiters, nom prénom, apellidos y nombre, "
        "apellidos nombre, employee full name, vorname nachname, vor und nachname, prénom nom, nom et prénoms, "
        "nom du salarié"
    ),
    "preferred_name": _apart(
        "known as, preferred first name, rufname, prénom usuel, nom usuel, nombre preferido"
    ),
    "work_email": _apart(
        "mail, adresse mail, email address, e-mail address, e-mail-adresse, dienstliche e-mail, courriel, "
        "adresse e-mail, correo, "
        "correo electrónico, work email address, business email, company email, email work, "
        "geschäftliche e-mail, e-mail dienstlich, e-mail geschäftlich, correo corporativo, correo de empresa, "
        "e-mail professionnel, email primary work, primary work email, email-adresse, mail professionnel, "
        "email professionnel, courriel professionnel, email corporativo"
    ),
    "phone": _apart(
        "telephone, phone number, telefon, telefonnummer, téléphone, teléfono, work phone number, "
        "business phone, phone work, diensttelefon, téléphone professionnel, tel, tél"
    ),
    "job_title": _apart(
        "title, job titles, position, role, job, stelle, stellenbezeichnung, funktion, beruf, poste, "
        "intitulé du poste, fonction, emploi, puesto, cargo, title description, job title description, "
        "business title, position title, position description, job classification, classification, "
        "occupation, tätigkeit, planstelle, berufsbezeichnung, puesto de trabajo, jobtitle, job class title"
    ),
    "department_code": _apart(
        "dept, deptid, department id, dept id, department name, department or agency name, unit, division, "
        "agency, abteilung, abteilungscode, bereich, service, département, code service, departamento, "
        "department description, department code, dept name, dept code, agency name, department division, "
        "home department, home department code, home department description, organization, organisation, "
        "organizational unit, org unit, "
        "supervisory organization, cost center name, organisationseinheit, orgeinheit, org.einheit, abt, "
        "abteilungsname, "
        "direction, unidad, área, department number, department no, department title, dept no, "
        "abteilungsnummer, abteilungs-nr, abteilungsnr, depto, unidad organizativa"
    ),
    "manager_employee_number": _apart(
        "manager id, supervisor, line manager, line manager id, line manager number, "
        "line manager email, reports to, vorgesetzter, vorgesetzte, führungskraft, responsable, "
        "responsable hiérarchique, supérieur, supérieur hiérarchique, manager n+1, n+1, matricule n+1, "
        "responsable n+1, email n+1, matricule manager, matricule responsable, matricule du responsable, jefe, "
        "jefe directo, responsable directo, supervisor id, "
        "reporting to, reports to id, manager number, manager employee id, supervisor number, supervisor employee id, "
        "reports to associate id, vorgesetzten nr, vorgesetzter pers nr, manager email, supervisor email"
    ),
    "status": _apart(
        "employment status, zustand, beschäftigungsstatus, statut, estado, situación, position status, "
        "worker status, employee status, leave status as of june 30, status des mitarbeiters"
    ),
    "employment_type": _apart(
        "contract type, contract, vertragsart, type de contrat, contrat, "
        "tipo de contrato, tipo contrato, tipo de contratación, contrato, "
        "beschäftigungsverhältnis, mitarbeitergruppe"
    ),
    "fte": _apart(
        "full time equivalent, vollzeitäquivalent, vzä, beschäftigungsgrad, pensum, etp, quotité, taux d activité, "
        "taux d occupation, equivalente a tiempo completo, jornada"
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
        "site, city, office, standort, ort, lieu, ville, ubicación, ciudad, sede, work location, "
        "location name, location description, worksite, arbeitsort, dienstort, lieu de travail, établissement, "
        "centro de trabajo"
    ),
    "notes": _apart(
        "note, comments, remarks, notizen, bemerkung, bemerkungen, remarques, commentaires, notas, "
        "observaciones, kommentar, kommentare, commentaire, comentario, comentarios"
    ),
}
