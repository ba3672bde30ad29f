-- The most seats that a person could ever take of an event, from the first change of the event on. Whoever took theirs before the limit was
-- lowered has more than it allows now, and not more than was allowed. NULL: it never changed. The version before this one writes events
-- without it.

ALTER TABLE events ADD COLUMN max_tickets_highest integer;
