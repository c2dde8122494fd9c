-- with: units
-- Units by the variation of their first exposure; those that saw several stand apart.
SELECT first_variation AS variation, several, count() AS units
FROM units
GROUP BY variation, several
ORDER BY variation, several
