-- The peers that stand in front of us in the strings of an offer: node ids of 33 bytes, one after the other; null where none
-- were asked for.
ALTER TABLE offers ADD COLUMN fronts BLOB CHECK (length(fronts) % 33 = 0);
