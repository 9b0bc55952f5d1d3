"""The ONLY writer of mirrored rows, for SQLite and PostgreSQL alike. Nothing here opens a transaction: the
run does, one for each page, and begins it by renewing the lease.

    claim → begin → aim → Stream.keep(page) … → Stream.settle → end → release     one run, stream by stream
            look → aim → Rehearsal.page(page) … → Rehearsal.end                   the same, nothing written
    stamp                                           organisations onto rows, after links moved

What an arriving row means is decided in ``arrival``, how a stream is read in ``aim``, when a loss is not
believed in ``tally``: these three are pure.
"""

from sync.mirror.aim import Aim as Aim
from sync.mirror.aim import Begun as Begun
from sync.mirror.aim import aim as aim
from sync.mirror.begin import begin as begin
from sync.mirror.begin import end as end
from sync.mirror.begin import fail as fail
from sync.mirror.begin import look as look
from sync.mirror.leases import Busy as Busy
from sync.mirror.leases import Lease as Lease
from sync.mirror.leases import Lost as Lost
from sync.mirror.leases import claim as claim
from sync.mirror.leases import hold as hold
from sync.mirror.leases import let_go as let_go
from sync.mirror.leases import release as release
from sync.mirror.leases import renew as renew
from sync.mirror.rehearsal import Rehearsal as Rehearsal
from sync.mirror.sources import ask as ask
from sync.mirror.sources import blame as blame
from sync.mirror.sources import enrol as enrol
from sync.mirror.sources import left_alone_until as left_alone_until
from sync.mirror.sources import plan as plan
from sync.mirror.sources import purge as purge
from sync.mirror.sources import ration as ration
from sync.mirror.sources import register as register
from sync.mirror.stamps import stamp as stamp
from sync.mirror.stream import Stream as Stream
from sync.mirror.tally import Finding as Finding
from sync.mirror.tally import Tally as Tally
