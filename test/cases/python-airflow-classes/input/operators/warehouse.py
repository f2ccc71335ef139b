try:
    from airflow.sdk import BaseOperator
except ImportError:  # Airflow 2
    from airflow.models import BaseOperator


class Vacuum(BaseOperator):
    """Cleans a table.

    :param table: Which one.
    :param full: Lock it, and give the space back to the system.
    """

    template_fields = ("table",)

    def __init__(
        self, *, table: str, full: bool = False, dwh_conn_id: str = "dwh", **kwargs
    ) -> None:
        super().__init__(**kwargs)
        self.table = table
        self.full = full
        self.dwh_conn_id = dwh_conn_id

    def execute(self, context):
        print("vacuum", self.table)


class VacuumFull(Vacuum):
    def __init__(self, **kwargs) -> None:
        super().__init__(full=True, **kwargs)
