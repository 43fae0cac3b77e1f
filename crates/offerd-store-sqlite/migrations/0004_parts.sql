-- In how many parts a payment arrived, where the node knew.

ALTER TABLE payments ADD COLUMN parts INTEGER CHECK (parts BETWEEN 1 AND 4294967295);
