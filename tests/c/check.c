/* The C library as a vendor's program uses it: every function, every way to fail, every handle freed. Run under
 * valgrind by scripts/checks/c-library. */
#include <assert.h>
#include <childlink.h>
#include <stdio.h>
#include <string.h>

static int checks = 0;
#define CHECK(condition) \
  do { \
    checks += 1; \
    if (!(condition)) { \
      fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
      return 1; \
    } \
  } while (0)

#define BYTES(text) ((const uint8_t *)(text)), (sizeof(text) - 1)

static bool holds(const childlink_text *text, const char *part) {
  size_t length = childlink_text_length(text), wanted = strlen(part);
  const char *bytes = (const char *)childlink_text_bytes(text);
  for (size_t at = 0; at + wanted <= length; at += 1) {
    if (memcmp(bytes + at, part, wanted) == 0) return true;
  }
  return false;
}

/* Rows of two sources, one without a record id; three records of two children. */
static const char *BIRTHS = "record_id,nhs_number,given_name,family_name,birth_date\nB1,9434765919,Zo\xc3\xab,Okafor,2019-03-12\n";
static const char *SCHOOL = "record_id,nhs_number,given_name,family_name,birth_date\nS1,943 476 5919,ZOE,Okafor,12/03/2019\nS2,4010232137,Ann,Lee,2018-01-30\n,,,,\n";

static int check_linker(void) {
  childlink_error *error = NULL;
  childlink_linker *linker = childlink_linker_new(NULL, 0, &error);
  CHECK(linker != NULL && error == NULL);
  CHECK(childlink_linker_add_file(linker, "births.csv", NULL, (const uint8_t *)BIRTHS, strlen(BIRTHS), &error) == 1);
  CHECK(childlink_linker_add_file(linker, "school.csv", "school", (const uint8_t *)SCHOOL, strlen(SCHOOL), &error) == 3);
  CHECK(childlink_linker_add_file(linker, "empty.csv", NULL, NULL, 0, &error) == -1);
  CHECK(strcmp(childlink_error_code(error), "csv/empty") == 0);
  childlink_error_free(error);

  /* The same child as columns, with a value that is no UTF-8 in the second row. */
  uint32_t ids[] = {0, 2, 4}, dates[] = {0, 10, 20}, names[] = {0, 6, 7};
  childlink_values columns[] = {
    {"id", (const uint8_t *)"C1C2", ids},
    {"dob", (const uint8_t *)"2019-03-122019-03-12", dates},
    {"surname", (const uint8_t *)"Okafor\xff", names},
  };
  CHECK(childlink_linker_add_columns(linker, "clinic", NULL, columns, 3, 2, &error) == 2);
  names[1] = 9;
  CHECK(childlink_linker_add_columns(linker, "clinic", NULL, columns, 3, 2, &error) == -1);
  CHECK(strcmp(childlink_error_code(error), "argument/offsets") == 0);
  childlink_error_free(error);
  columns[0].name = NULL;
  CHECK(childlink_linker_add_columns(linker, "clinic", NULL, columns, 3, 2, NULL) == -1);

  childlink_linkage *linkage = childlink_linker_link(linker, false, 0, &error);
  CHECK(linkage != NULL && error == NULL);
  childlink_text *text = childlink_linkage_take(linkage, "children.csv", &error);
  CHECK(holds(text, "source,record_id,child_id\nbirths,B1,1\nclinic,C1,") && holds(text, "school,S1,1\n"));
  childlink_text_free(text);
  CHECK(childlink_linkage_take(linkage, "children.csv", &error) == NULL);
  CHECK(strcmp(childlink_error_code(error), "linkage/no-file") == 0);
  childlink_error_free(error);
  text = childlink_linkage_take(linkage, "quarantine.csv", &error);
  CHECK(holds(text, "row/no-record-id") && holds(text, "row/undecodable"));
  childlink_text_free(text);
  text = childlink_linkage_take(linkage, "summary.json", &error);
  CHECK(holds(text, "\"read\": 6"));
  childlink_text_free(text);
  childlink_linkage_free(linkage);

  CHECK(childlink_linker_link(linker, false, 0, &error) == NULL);
  CHECK(strcmp(childlink_error_code(error), "linker/gone") == 0);
  childlink_error_free(error);
  CHECK(childlink_linker_add_file(linker, "late.csv", NULL, (const uint8_t *)BIRTHS, strlen(BIRTHS), NULL) == -1);
  childlink_linker_free(linker);
  CHECK(childlink_linker_new(BYTES("{}"), &error) == NULL && error != NULL);
  childlink_error_free(error);
  CHECK(childlink_linker_link(NULL, false, 0, NULL) == NULL && childlink_linkage_take(NULL, "links.csv", NULL) == NULL);
  childlink_linker_free(childlink_linker_new(NULL, 0, NULL));
  childlink_linker_free(NULL);
  childlink_linkage_free(NULL);
  return 0;
}

int main(void) {
  childlink_error *error = NULL;
  childlink_text *text;
  CHECK(strlen(childlink_version()) >= 5);

  CHECK(childlink_is_nhs_number(BYTES("943 476 5919")));
  CHECK(!childlink_is_nhs_number(BYTES("943 476 5918")));
  CHECK(!childlink_is_nhs_number(BYTES("\xff\xfe")));
  CHECK(!childlink_is_nhs_number(NULL, 0));
  CHECK(!childlink_is_nhs_number(NULL, 10));

  uint64_t numbers[] = {9434765919, 9434765918, 1111111111, UINT64_MAX, 4010232137};
  bool valid[5];
  CHECK(childlink_check_nhs_numbers(numbers, 5, valid) == 2);
  CHECK(valid[0] && !valid[1] && !valid[2] && !valid[3] && valid[4]);
  CHECK(childlink_check_nhs_numbers(NULL, 5, valid) == 0);

  text = childlink_validate_record(BYTES("{\"nhs_number\":\"9434765918\",\"birth_date\":\"31/02/2024\"}"), NULL, &error);
  CHECK(text != NULL && error == NULL);
  CHECK(holds(text, "\"nhs-number/check-digit\"") && holds(text, "\"date/no-such-day\"") && holds(text, "\"ok\":false"));
  childlink_text_free(text);

  childlink_options options = {.as_at = (const uint8_t *)"2026-11-21", .as_at_length = 10, .month_first = true};
  text = childlink_normalise_record(BYTES("{\"birth_date\":\"02/29/24\",\"given_name\":\"Zo\xc3\xab\",\"sex\":null}"), &options, &error);
  CHECK(text != NULL && holds(text, "\"birth_date\":\"2024-02-29\"") && holds(text, "\"given_name\":\"ZOE\""));
  childlink_text_free(text);

  struct { const char *record; size_t length; const char *code; } wrong[] = {
    {"[]", 2, "argument/not-record"},
    {"{\"nhs_number\":9434765919}", 25, "argument/not-record"},
    {"{\"dob\":\"2024-02-29\"}", 20, "argument/unknown-column"},
    {"\xff", 1, "argument/not-utf-8"},
    {NULL, 3, "argument/null"},
    {"", 0, "argument/not-record"},
  };
  for (size_t n = 0; n < sizeof wrong / sizeof *wrong; n += 1) {
    text = childlink_validate_record((const uint8_t *)wrong[n].record, wrong[n].length, NULL, &error);
    CHECK(text == NULL && error != NULL);
    CHECK(strcmp(childlink_error_code(error), wrong[n].code) == 0);
    CHECK(strlen(childlink_error_message(error)) > 0 && strlen(childlink_error_hint(error)) > 0);
    CHECK(childlink_error_field(error) != NULL);
    childlink_error_free(error);
    CHECK(childlink_validate_record((const uint8_t *)wrong[n].record, wrong[n].length, NULL, NULL) == NULL);
  }
  options.as_at_length = 4;
  CHECK(childlink_validate_record(BYTES("{}"), &options, &error) == NULL);
  CHECK(strcmp(childlink_error_field(error), "as_at") == 0);
  childlink_error_free(error);

  const char *values = "ls14apnonsenseM1 1AE";
  uint32_t offsets[] = {0, 6, 14, 14, 20};
  childlink_column *column = childlink_normalise_column("postcode", (const uint8_t *)values, offsets, 4, NULL, &error);
  CHECK(column != NULL && error == NULL);
  CHECK(memcmp(childlink_column_states(column), "\2\1\0\2", 4) == 0);
  CHECK(memcmp(childlink_column_bytes(column), "LS1 4APM1 1AE", 13) == 0);
  const uint32_t *ends = childlink_column_offsets(column);
  CHECK(ends[0] == 0 && ends[1] == 7 && ends[2] == 7 && ends[3] == 7 && ends[4] == 13);
  childlink_column_free(column);
  uint32_t descending[] = {0, 6, 3};
  CHECK(childlink_normalise_column("postcode", (const uint8_t *)values, descending, 2, NULL, &error) == NULL);
  CHECK(strcmp(childlink_error_code(error), "argument/offsets") == 0);
  childlink_error_free(error);
  CHECK(childlink_normalise_column("record_id", (const uint8_t *)values, offsets, 4, NULL, &error) == NULL);
  CHECK(strcmp(childlink_error_code(error), "argument/unchecked-column") == 0);
  childlink_error_free(error);

  if (check_linker() != 0) return 1;

  childlink_text_free(NULL);
  childlink_column_free(NULL);
  childlink_error_free(NULL);
  CHECK(childlink_text_bytes(NULL) == NULL && childlink_text_length(NULL) == 0 && childlink_error_code(NULL) == NULL);

  printf("C: %d passed, 0 failed\n", checks);
  return 0;
}
