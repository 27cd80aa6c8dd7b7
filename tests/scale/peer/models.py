"""Department and Employee as they were founded, on the tables of ours: what they do not name, they do not load."""

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
