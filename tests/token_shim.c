/* A PKCS#11 driver that passes everything on to SoftHSM, but counts wrong PINs, locks, refuses to hash and can be
 * pulled out, as tokens of real makers do and SoftHSM does not. What it does stands in environment variables:
 *   HBS_REAL     path of the real driver
 *   HBS_STATE    file with the number of wrong PINs so far
 *   HBS_TRIES    wrong PINs that are allowed; without it SoftHSM's own ways
 *   HBS_NO_HASH  the token signs digests only
 *   HBS_GONE     signatures after which the token is gone
 *   HBS_KEYPAD   the token has a keypad, on which this PIN is typed
 *   HBS_LOGIN    what C_Login answers
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef unsigned long rv;
typedef unsigned long ul;
typedef struct { unsigned char version[2]; void *call[68]; } functions;
enum { INITIALIZE = 0, TOKEN_INFO = 6, MECHANISMS = 7, LOGIN = 18, SIGN_INIT = 42, SIGN = 43 };
enum { FLAGS_AT = 96, KEYPAD = 0x100, PIN_LOW = 0x10000, PIN_FINAL = 0x20000, PIN_LOCKED = 0x40000, SHA256_RSA = 0x40 };

static functions *real, ours;
static int made;

static int number(const char *name) { const char *text = getenv(name); return text ? atoi(text) : -1; }

static int wrong(int add) {
  const char *path = getenv("HBS_STATE");
  int count = 0;
  FILE *file = path ? fopen(path, "r") : NULL;
  if (file) { if (fscanf(file, "%d", &count) != 1) count = 0; fclose(file); }
  if (add && path && (file = fopen(path, "w"))) {
    count = add < 0 ? 0 : count + add;
    fprintf(file, "%d", count);
    fclose(file);
  }
  return count;
}

static rv initialize(void *arguments) { made = 0; return ((rv (*)(void *))real->call[INITIALIZE])(arguments); }

static rv token_info(ul slot, unsigned char *info) {
  rv answer = ((rv (*)(ul, unsigned char *))real->call[TOKEN_INFO])(slot, info);
  int tries = number("HBS_TRIES"), left = tries - wrong(0);
  ul flags;
  if (answer) return answer;
  memcpy(&flags, info + FLAGS_AT, sizeof flags);
  if (getenv("HBS_KEYPAD")) flags |= KEYPAD;
  if (tries >= 0) {
    flags &= ~(ul)(PIN_LOW | PIN_FINAL | PIN_LOCKED);
    if (left < tries) flags |= PIN_LOW;
    if (left == 1) flags |= PIN_FINAL;
    if (left <= 0) flags |= PIN_LOCKED;
  }
  memcpy(info + FLAGS_AT, &flags, sizeof flags);
  return answer;
}

static rv mechanisms(ul slot, ul *list, ul *count) {
  rv answer = ((rv (*)(ul, ul *, ul *))real->call[MECHANISMS])(slot, list, count);
  ul i, kept = 0;
  if (answer || !list || !getenv("HBS_NO_HASH")) return answer;
  for (i = 0; i < *count; i++) if (list[i] != SHA256_RSA) list[kept++] = list[i];
  *count = kept;
  return answer;
}

static rv login(ul session, ul user, unsigned char *pin, ul length) {
  rv answer;
  char *typed = getenv("HBS_KEYPAD");
  if (getenv("HBS_LOGIN")) return (rv)number("HBS_LOGIN");
  if (!pin && typed) { pin = (unsigned char *)typed; length = strlen(typed); }
  if (number("HBS_TRIES") >= 0 && wrong(0) >= number("HBS_TRIES")) return 0xA4;
  answer = ((rv (*)(ul, ul, unsigned char *, ul))real->call[LOGIN])(session, user, pin, length);
  if (answer == 0xA0) wrong(1);
  if (answer == 0) wrong(-1);
  return answer;
}

static rv sign_init(ul session, ul *mechanism, ul key) {
  if (getenv("HBS_NO_HASH") && mechanism[0] == SHA256_RSA) return 0x70;
  return ((rv (*)(ul, ul *, ul))real->call[SIGN_INIT])(session, mechanism, key);
}

static rv sign(ul session, unsigned char *data, ul length, unsigned char *value, ul *size) {
  if (value && number("HBS_GONE") >= 0 && made++ >= number("HBS_GONE")) return 0x32;
  return ((rv (*)(ul, unsigned char *, ul, unsigned char *, ul *))real->call[SIGN])(session, data, length, value, size);
}

rv C_GetFunctionList(functions **list) {
  if (!real) {
    void *library = dlopen(getenv("HBS_REAL"), RTLD_NOW);
    rv (*get)(functions **) = library ? (rv (*)(functions **))dlsym(library, "C_GetFunctionList") : NULL;
    if (!get || get(&real)) return 5;
    ours = *real;
    ours.call[INITIALIZE] = (void *)initialize;
    ours.call[TOKEN_INFO] = (void *)token_info;
    ours.call[MECHANISMS] = (void *)mechanisms;
    ours.call[LOGIN] = (void *)login;
    ours.call[SIGN_INIT] = (void *)sign_init;
    ours.call[SIGN] = (void *)sign;
  }
  *list = &ours;
  return 0;
}
