from backoffice import admin
from organization.models import Department


@admin.register(Department)
class DepartmentAdmin(admin.ModelAdmin):
    pass
