"""The plain peer: Django's ModelAdmin and TabularInline in jazzmin's templates, set up as a tutorial would."""

from django.contrib import admin

from tests.scale.peer.models import Department, Employee


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


class EmployeeInline(admin.TabularInline):
    model = Employee


class DepartmentAdmin(admin.ModelAdmin):
    list_display = ("name",)
    search_fields = ("name",)
    inlines = (EmployeeInline,)


class EmployeeAdmin(admin.ModelAdmin):
    list_display = ("name", "department")
    list_filter = ("department",)
    search_fields = ("name",)


site = PeerSite(name="peer")
site.register(Department, DepartmentAdmin)
site.register(Employee, EmployeeAdmin)
