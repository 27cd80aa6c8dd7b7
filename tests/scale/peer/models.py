"""Plain models on the tables of ours: what they do not name, they do not load.

Department and Employee are as they were founded. Division and Person know the heads, managers and parents as well:
without these relations, no delete of somebody whom others report to would pass the check of the foreign keys.
"""

from django.db import models


class Department(models.Model):
    name = models.CharField(max_length=150)

    class Meta:
        managed = False
        db_table = "organization_department"

    def __str__(self):
        return self.name


class Employee(models.Model):
    name = models.CharField(max_length=200)
    department = models.ForeignKey(Department, on_delete=models.CASCADE)

    class Meta:
        managed = False
        db_table = "organization_employee"

    def __str__(self):
        return self.name


class Division(models.Model):
    name = models.CharField(max_length=150)
    parent = models.ForeignKey("self", on_delete=models.PROTECT, related_name="+", null=True)
    head = models.ForeignKey("Person", on_delete=models.SET_NULL, related_name="+", null=True)

    class Meta:
        managed = False
        db_table = "organization_department"

    def __str__(self):
        return self.name


class Person(models.Model):
    name = models.CharField(max_length=200)
    department = models.ForeignKey(Division, on_delete=models.CASCADE)
    manager = models.ForeignKey("self", on_delete=models.SET_NULL, related_name="+", null=True)

    class Meta:
        managed = False
        db_table = "organization_employee"

    def __str__(self):
        return self.name
