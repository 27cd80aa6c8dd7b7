"""What people call the columns of their files, in English, German, French and Spanish: proposals, nothing more."""


def _apart(words: str) -> tuple[str, ...]:
    return tuple(words.split(", "))


COST_CENTER = _apart("kostenstelle, centre de coût, centre de coûts, centro de coste, centro de costo")

DEPARTMENTS = {
    "code": _apart(
        "department number, dept code, dept, dept id, department id, cost unit, id, abteilungscode, "
        "abteilungsnummer, abteilungskürzel, kürzel, kurzzeichen, code service, code département, "
        "code du service, code departement, código, codigo, código de departamento, "
        "código departamento"
    ),
    "name": _apart(
        "department, title, unit, abteilung, abteilungsname, bereich, bezeichnung, nom, service, "
        "département, nom du service, libellé, nombre, departamento, nombre del departamento"
    ),
    "parent_code": _apart(
        "parent department, belongs to, part of, übergeordnet, übergeordnete abteilung, rattaché à, "
        "service parent, département parent, departamento superior, depende de"
    ),
    "head_employee_number": _apart(
        "head of department, manager, leiter, leitung, abteilungsleiter, responsable, "
        "chef de service, jefe, director"
    ),
    "location": _apart("site, city, standort, ort, lieu, ville, ubicación, ciudad, sede"),
    "email": _apart("e-mail-adresse, mail, courriel, adresse e-mail, correo, correo electrónico"),
    "description": _apart("beschreibung, descripción, notes"),
    "headcount_planned": _apart(
        "positions, budgeted, planstellen, stellen, effectif prévu, plantilla prevista"
    ),
    "opened_on": _apart("opened, eröffnet, eröffnet am, ouvert le, abierto el"),
    "closed_on": _apart("closed, geschlossen, geschlossen am, fermé le, cerrado el"),
}

EMPLOYEES = {
    "employee_number": _apart(
        "employee id, employee no, emp id, emp no, staff id, staff number, personnel number, id, "
        "personalnummer, personalnr, personal nr, mitarbeiternummer, pers nr, matricule, "
        "numéro d employé, numéro employé, número de empleado, nº empleado, legajo, matrícula"
    ),
    "name": _apart(
        "employee name, full name, employee, mitarbeiter, vollständiger name, nom, nom complet, "
        "nom et prénom, employé, nombre, nombre completo, nombre y apellidos, empleado"
    ),
    "preferred_name": _apart("known as, rufname, nom d usage, nom usuel, nombre preferido"),
    "work_email": _apart(
        "mail, email address, e-mail-adresse, dienstliche e-mail, courriel, adresse e-mail, correo, "
        "correo electrónico"
    ),
    "phone": _apart("telephone, phone number, telefon, telefonnummer, téléphone, teléfono"),
    "job_title": _apart(
        "title, job titles, position, role, job, stelle, stellenbezeichnung, funktion, beruf, poste, "
        "intitulé du poste, fonction, emploi, puesto, cargo"
    ),
    "department_code": _apart(
        "dept, department id, dept id, department name, department or agency name, unit, division, "
        "agency, abteilung, abteilungscode, bereich, service, département, code service, departamento"
    ),
    "manager_employee_number": _apart(
        "manager id, supervisor, reports to, vorgesetzter, vorgesetzte, führungskraft, responsable, "
        "supérieur, supérieur hiérarchique, manager n+1, jefe, supervisor id"
    ),
    "status": _apart("employment status, zustand, beschäftigungsstatus, statut, estado, situación"),
    "employment_type": _apart(
        "contract type, contract, vertragsart, beschäftigungsart, type de contrat, contrat, "
        "tipo de contrato, contrato"
    ),
    "fte": _apart(
        "full time equivalent, vollzeitäquivalent, vzä, beschäftigungsgrad, etp, quotité, "
        "equivalente a tiempo completo, jornada"
    ),
    "hire_date": _apart(
        "hired, hired on, start date, date of hire, entry date, eintritt, eintrittsdatum, "
        "einstellungsdatum, date d embauche, date d entrée, fecha de contratación, fecha de ingreso, "
        "fecha de alta"
    ),
    "end_date": _apart(
        "termination date, left on, leaving date, austritt, austrittsdatum, date de sortie, "
        "date de départ, fecha de baja, fecha de salida"
    ),
    "end_reason": _apart("reason for leaving, austrittsgrund, motif de départ, motivo de baja"),
    "location": _apart("site, city, office, standort, ort, lieu, ville, ubicación, ciudad, sede"),
    "notes": _apart(
        "note, comments, remarks, notizen, bemerkung, bemerkungen, remarques, commentaires, notas, "
        "observaciones"
    ),
}
