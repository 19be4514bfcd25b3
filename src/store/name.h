/*
 * name.h - names in the data directory: random ids, and keys made from a text.
 */
#ifndef STORE_NAME_H
#define STORE_NAME_H

#include <stdbool.h>

#define BOX_ID_LEN 12

/* A fresh random id: 48 bits as 12 hexadecimal digits. */
void store_new_id(char id[BOX_ID_LEN + 1]);

/* Can it be an id? Nothing else is ever used as a directory's name. */
bool store_valid_id(const char *id);

/*
 * A name made from a text, such as a project's path or a step's recipe: its SHA-256, in
 * hexadecimal.
 */
#define STORE_KEY_LEN 64
struct store_key {
	char hex[STORE_KEY_LEN + 1];
};
struct store_key store_key(const char *text);

#endif
