from airflow.providers.amazon.aws.operators.s3 import S3ListOperator
from airflow.sdk import BaseOperator


class Vacuum(BaseOperator):
    template_fields = ("table",)

    def __init__(self, *, table: str, full: bool = False, dwh_conn_id: str = "dwh", **kwargs) -> None:
        super().__init__(**kwargs)
        self.table = table

    def execute(self, context): ...


class ListFlights(S3ListOperator):
    def __init__(self, day: str, **kwargs) -> None:
        kwargs.setdefault("delimiter", "/")
        super().__init__(bucket="flights", prefix=day, **kwargs)
