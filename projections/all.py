"""Every projector of the product, in the order in which the runner feeds them."""

from projections.alerts import Alerts
from projections.conflicts import Conflicts
from projections.excuses import Excuses
from projections.outbox import Outbox
from projections.protocol import Projector
from projections.silences import Silences
from projections.sla_config_history import SlaConfigHistory
from projections.ticket_clocks import TicketClocks
from projections.ticket_status_history import TicketStatusHistory
from projections.tickets import Tickets

PROJECTORS: tuple[Projector, ...] = (
    Alerts(),
    Outbox(),
    Tickets(),
    TicketStatusHistory(),
    TicketClocks(),
    SlaConfigHistory(),
    Conflicts(),
    Silences(),
    Excuses(),
)
