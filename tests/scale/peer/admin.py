"""The plain peer: Django's ModelAdmin and TabularInline in jazzmin's templates, set up as a tutorial would."""

from django.conf import settings
from django.contrib import admin

from organization.models import Department, Employee
from tests.scale.peer import models as founding


class PeerSite(admin.AdminSite):
    """Renders with the template engine "peer", which knows nothing of our templates."""

    enable_nav_sidebar = False  # as jazzmin has it

    def admin_view(self, view, cacheable=False):
        def plain(request, *args, **kwargs):
            response = view(request, *args, **kwargs)
            if hasattr(response, "using"):
                response.using = "peer"
            return response

        return super().admin_view(plain, cacheable)


class FoundingInline(admin.TabularInline):
    model = founding.Employee


class FoundingDepartment(admin.ModelAdmin):
    list_display = ("name",)
    search_fields = ("name",)
    inlines = (FoundingInline,)


class FoundingEmployee(admin.ModelAdmin):
    list_display = ("name", "department")
    list_filter = ("department",)
    search_fields = ("name",)


class SameInline(admin.TabularInline):
    model = Employee
    fields = ("name", "job_title", "status", "hire_date")


class SameDepartment(admin.ModelAdmin):
    list_display = ("name", "code", "parent", "head", "headcount", "location")
    list_filter = ("location",)
    search_fields = ("name", "code")
    inlines = (SameInline,)

    @admin.display
    def headcount(self, department):
        return department.employee_set.exclude(status="left").count()


class SameEmployee(admin.ModelAdmin):
    list_display = ("name", "employee_number", "department", "job_title", "status", "manager", "hire_date")
    list_filter = ("department", "status", "employment_type")
    search_fields = ("name", "employee_number", "work_email")


site = PeerSite(name="peer")
if settings.PEER_EMPLOYEE == "peer.Employee":  # type: ignore[misc]  # in scale/settings.py
    site.register(founding.Department, FoundingDepartment)
    site.register(founding.Employee, FoundingEmployee)
else:
    site.register(Department, SameDepartment)
    site.register(Employee, SameEmployee)
