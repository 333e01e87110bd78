"""The inbox and the memory. Only this package imports SQLAlchemy."""

from bot.store.engine import StoreProblem, make_jobs_engine
from bot.store.records import (
    AuditRow,
    Counts,
    DeliveryRow,
    DueSubject,
    StalePlan,
    StoredDelivery,
    StoreUnavailable,
    SubjectRow,
)
from bot.store.store import Store

__all__ = [
    "AuditRow",
    "Counts",
    "DeliveryRow",
    "DueSubject",
    "StalePlan",
    "Store",
    "StoreProblem",
    "StoreUnavailable",
    "StoredDelivery",
    "SubjectRow",
    "make_jobs_engine",
]
