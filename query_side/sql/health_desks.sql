select source as name, count(*) as parked, min(received_at) as oldest
from deliveries
where state = 'parked'
group by source
order by source
