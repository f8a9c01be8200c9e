/*
 * The native half of android.content.res for a JVM with android-all: binary XML, string pools and resource tables are
 * read by libandroidfw itself (Android 10's, as Debian builds it), called as AOSP's android_util_XmlBlock.cpp,
 * android_util_StringBlock.cpp and android_util_AssetManager.cpp call it. What the parsers ask of the system on their
 * way is in system.cpp. The functions are found by their JNI names, so that one library serves all API levels; where
 * the parameters of one native differ between levels, they are told apart by the level.
 */
#include <jni.h>
#include <stdint.h>

#include <memory>
#include <string>
#include <vector>

#include "androidfw/ApkAssets.h"
#include "androidfw/AssetManager2.h"
#include "androidfw/AttributeResolution.h"
#include "androidfw/ResourceTypes.h"
#include "androidfw/ResourceUtils.h"

#include "natives.h"

using android::ApkAssets;
using android::Asset;
using android::AssetManager2;
using android::Res_value;
using android::ResStringPool;
using android::ResTable_config;
using android::ResXMLParser;
using android::ResXMLTree;

#define RES(type, name) NATIVE(type, android_content_res_##name)

static const char *FRAMEWORK_APK = "/system/framework/framework-res.apk";
static std::string framework_jar;
int level;

NATIVE(void, Natives_init)(JNIEnv *env, jclass, jint api, jstring jar) {
    level = api;
    framework_jar = text(env, jar);
}

static void raise(JNIEnv *env, const char *type, const char *message) {
    env->ThrowNew(env->FindClass(type), message);
}

template <typename T>
static T *at(jlong pointer) {
    return reinterpret_cast<T *>(pointer);
}

template <typename T>
static jlong hold(T *object) {
    return reinterpret_cast<jlong>(object);
}

/* ---- XmlBlock ---- */

RES(jlong, XmlBlock_nativeCreate)(JNIEnv *env, jclass, jbyteArray bytes, jint offset, jint size) {
    std::vector<jbyte> copy(size > 0 ? size : 0);
    env->GetByteArrayRegion(bytes, offset, size, copy.data());
    if (env->ExceptionCheck()) return 0;
    auto tree = std::make_unique<ResXMLTree>();
    tree->setTo(copy.data(), copy.size(), true);
    if (tree->getError() != android::NO_ERROR) {
        raise(env, "java/lang/IllegalArgumentException", "corrupt binary XML");
        return 0;
    }
    return hold(tree.release());
}

RES(jlong, XmlBlock_nativeGetStringBlock)(JNIEnv *, jclass, jlong tree) {
    return hold(&at<ResXMLTree>(tree)->getStrings());
}

RES(jlong, XmlBlock_nativeCreateParseState)(JNIEnv *, jclass, jlong tree) {
    auto parser = new ResXMLParser(*at<ResXMLTree>(tree));
    parser->restart();
    return hold(parser);
}

RES(jint, XmlBlock_nativeNext)(JNIEnv *env, jclass, jlong parser) {
    for (;;) {
        switch (at<ResXMLParser>(parser)->next()) {
            case ResXMLParser::START_DOCUMENT: return 0;
            case ResXMLParser::END_DOCUMENT: return 1;
            case ResXMLParser::START_TAG: return 2;
            case ResXMLParser::END_TAG: return 3;
            case ResXMLParser::TEXT: return 4;
            case ResXMLParser::BAD_DOCUMENT:
                raise(env, "org/xmlpull/v1/XmlPullParserException", "Corrupt XML binary file");
                return 1;
            default: break;
        }
    }
}

#define ASK(name, call) \
    RES(jint, XmlBlock_##name)(JNIEnv *, jclass, jlong parser) { \
        return static_cast<jint>(at<ResXMLParser>(parser)->call); \
    }
#define ASK_AT(name, call) \
    RES(jint, XmlBlock_##name)(JNIEnv *, jclass, jlong parser, jint index) { \
        return static_cast<jint>(at<ResXMLParser>(parser)->call(index)); \
    }
ASK(nativeGetNamespace, getElementNamespaceID())
ASK(nativeGetName, getElementNameID())
ASK(nativeGetText, getTextID())
ASK(nativeGetLineNumber, getLineNumber())
ASK(nativeGetAttributeCount, getAttributeCount())
ASK_AT(nativeGetAttributeNamespace, getAttributeNamespaceID)
ASK_AT(nativeGetAttributeName, getAttributeNameID)
ASK_AT(nativeGetAttributeResource, getAttributeNameResID)
ASK_AT(nativeGetAttributeDataType, getAttributeDataType)
ASK_AT(nativeGetAttributeData, getAttributeData)
ASK_AT(nativeGetAttributeStringValue, getAttributeValueStringID)

RES(jint, XmlBlock_nativeGetAttributeIndex)(JNIEnv *env, jclass, jlong parser, jstring space, jstring name) {
    const jchar *first = space ? env->GetStringChars(space, nullptr) : nullptr;
    const jchar *second = env->GetStringChars(name, nullptr);
    jint found = static_cast<jint>(at<ResXMLParser>(parser)->indexOfAttribute(
        reinterpret_cast<const char16_t *>(first), space ? env->GetStringLength(space) : 0,
        reinterpret_cast<const char16_t *>(second), env->GetStringLength(name)));
    if (space) env->ReleaseStringChars(space, first);
    env->ReleaseStringChars(name, second);
    return found;
}

RES(jint, XmlBlock_nativeGetSourceResId)(JNIEnv *, jclass, jlong) { return 0; }
RES(void, XmlBlock_nativeDestroyParseState)(JNIEnv *, jclass, jlong parser) { delete at<ResXMLParser>(parser); }
RES(void, XmlBlock_nativeDestroy)(JNIEnv *, jclass, jlong tree) { delete at<ResXMLTree>(tree); }

/* ---- StringBlock ---- */

RES(jint, StringBlock_nativeGetSize)(JNIEnv *, jclass, jlong pool) {
    return static_cast<jint>(at<ResStringPool>(pool)->size());
}

RES(jstring, StringBlock_nativeGetString)(JNIEnv *env, jclass, jlong pool, jint index) {
    size_t size;
    const char *narrow = at<ResStringPool>(pool)->string8At(index, &size);
    if (narrow != nullptr) return env->NewStringUTF(narrow);
    const char16_t *wide = at<ResStringPool>(pool)->stringAt(index, &size);
    if (wide == nullptr) {
        raise(env, "java/lang/IndexOutOfBoundsException", "no such string");
        return nullptr;
    }
    return env->NewString(reinterpret_cast<const jchar *>(wide), static_cast<jsize>(size));
}

RES(jintArray, StringBlock_nativeGetStyle)(JNIEnv *, jclass, jlong, jint) { return nullptr; }
RES(void, StringBlock_nativeDestroy)(JNIEnv *, jclass, jlong) {}

/* ---- ApkAssets (API 28 and later) ---- */

static const ApkAssets *load(JNIEnv *env, const std::string &path) {
    static const ApkAssets *framework; /* tens of megabytes, and asked for again with each APK */
    if (path == FRAMEWORK_APK && framework) return framework;
    std::unique_ptr<const ApkAssets> loaded = ApkAssets::Load(path == FRAMEWORK_APK ? framework_jar : path);
    if (!loaded) raise(env, "java/io/IOException", ("Failed to load asset path " + path).c_str());
    if (path == FRAMEWORK_APK) return framework = loaded.release();
    return loaded.release();
}

/* 28: path, system, shared library, overlay; later: format, path, flags, provider. */
RES(jlong, ApkAssets_nativeLoad)(JNIEnv *env, jclass, jobject first, jobject second, jint, jobject) {
    return hold(load(env, text(env, static_cast<jstring>(level < 30 ? first : second))));
}

RES(void, ApkAssets_nativeDestroy)(JNIEnv *, jclass, jlong) {} /* an AssetManager may use it still */

static jstring apk_path(JNIEnv *env, jlong apk) {
    return env->NewStringUTF(at<const ApkAssets>(apk)->GetPath().c_str());
}
RES(jstring, ApkAssets_nativeGetAssetPath)(JNIEnv *env, jclass, jlong apk) { return apk_path(env, apk); }
RES(jstring, ApkAssets_nativeGetDebugName)(JNIEnv *env, jclass, jlong apk) { return apk_path(env, apk); }

RES(jlong, ApkAssets_nativeGetStringBlock)(JNIEnv *, jclass, jlong apk) {
    return hold(at<const ApkAssets>(apk)->GetLoadedArsc()->GetStringPool());
}

RES(jint, ApkAssets_nativeIsUpToDate)(JNIEnv *, jclass, jlong) { return 1; }
RES(jboolean, ApkAssets_nativeDefinesOverlayable)(JNIEnv *, jclass, jlong) { return false; }

static jlong open_xml(JNIEnv *env, std::unique_ptr<Asset> asset, const android::DynamicRefTable *table) {
    if (!asset) {
        raise(env, "java/io/FileNotFoundException", "no such file in the APK");
        return 0;
    }
    auto tree = table ? std::make_unique<ResXMLTree>(table) : std::make_unique<ResXMLTree>();
    const void *buffer = asset->getBuffer(true);
    if (buffer == nullptr || tree->setTo(buffer, asset->getLength(), true) != android::NO_ERROR) {
        raise(env, "java/io/FileNotFoundException", "Corrupt XML binary file");
        return 0;
    }
    return hold(tree.release());
}

RES(jlong, ApkAssets_nativeOpenXml)(JNIEnv *env, jclass, jlong apk, jstring name) {
    return open_xml(env, at<const ApkAssets>(apk)->Open(text(env, name), Asset::ACCESS_BUFFER), nullptr);
}

/* ---- AssetManager ---- */

static void configure(AssetManager2 *manager) {
    ResTable_config config = {};
    config.size = sizeof config;
    config.density = ResTable_config::DENSITY_MEDIUM;
    config.sdkVersion = static_cast<uint16_t>(level);
    manager->SetConfiguration(config);
}

static jlong open_in(JNIEnv *env, AssetManager2 *manager, jint java_cookie, jstring name) {
    android::ApkAssetsCookie cookie = java_cookie - 1;
    std::unique_ptr<Asset> asset = cookie == android::kInvalidCookie
        ? manager->OpenNonAsset(text(env, name), Asset::ACCESS_BUFFER, &cookie)
        : manager->OpenNonAsset(text(env, name), cookie, Asset::ACCESS_BUFFER);
    return open_xml(env, std::move(asset), asset ? manager->GetDynamicRefTableForCookie(cookie) : nullptr);
}

static void put(JNIEnv *env, jobject object, const char *field, jint value) {
    jclass type = env->GetObjectClass(object);
    env->SetIntField(object, env->GetFieldID(type, field, "I"), value);
}

/* Fills a TypedValue; the cookie (from 1), or 0 where there is no such resource. */
static jint value_of(JNIEnv *env, AssetManager2 *manager, jint id, jint density, jobject out, bool resolve) {
    Res_value value;
    ResTable_config config;
    uint32_t flags, reference = id;
    android::ApkAssetsCookie cookie =
        manager->GetResource(id, false, static_cast<uint16_t>(density), &value, &config, &flags);
    if (cookie != android::kInvalidCookie && resolve)
        cookie = manager->ResolveReference(cookie, &value, &config, &flags, &reference);
    if (cookie == android::kInvalidCookie) return 0;
    put(env, out, "type", value.dataType);
    put(env, out, "data", static_cast<jint>(value.data));
    put(env, out, "assetCookie", cookie + 1);
    put(env, out, "resourceId", static_cast<jint>(reference));
    put(env, out, "changingConfigurations", static_cast<jint>(flags));
    put(env, out, "density", config.density);
    return cookie + 1;
}

/* Up to API 28 a value takes six numbers, without the last of today's. */
static bool attributes(
    JNIEnv *env, AssetManager2 *manager, jlong parser, jintArray wanted, jintArray values, jintArray indices) {
    jsize count = env->GetArrayLength(wanted), each = level < 29 ? 6 : android::STYLE_NUM_ENTRIES;
    std::vector<uint32_t> attrs(count), all(count * android::STYLE_NUM_ENTRIES), places(count + 1);
    env->GetIntArrayRegion(wanted, 0, count, reinterpret_cast<jint *>(attrs.data()));
    bool done = android::RetrieveAttributes(
        manager, at<ResXMLParser>(parser), attrs.data(), count, all.data(), places.data());
    for (jsize i = 0; i < count; i++) {
        auto from = reinterpret_cast<jint *>(&all[i * android::STYLE_NUM_ENTRIES]);
        env->SetIntArrayRegion(values, i * each, each, from);
    }
    if (indices) env->SetIntArrayRegion(indices, 0, count + 1, reinterpret_cast<jint *>(places.data()));
    return done;
}

static jstring name_of(JNIEnv *env, AssetManager2 *manager, jint id) {
    AssetManager2::ResourceName name;
    if (!manager->GetResourceName(id, &name)) return nullptr;
    return env->NewStringUTF(android::ToFormattedResourceString(&name).c_str());
}

static jstring entry_of(JNIEnv *env, AssetManager2 *manager, jint id) {
    AssetManager2::ResourceName name;
    if (!manager->GetResourceName(id, &name)) return nullptr;
    std::string whole = android::ToFormattedResourceString(&name);
    return env->NewStringUTF(whole.substr(whole.rfind('/') + 1).c_str());
}

RES(void, AssetManager_nativeVerifySystemIdmaps)(JNIEnv *, jclass) {}
RES(jlong, AssetManager_nativeCreate)(JNIEnv *, jclass) { return hold(new AssetManager2()); }
RES(void, AssetManager_nativeDestroy)(JNIEnv *, jclass, jlong manager) { delete at<AssetManager2>(manager); }

RES(void, AssetManager_nativeSetApkAssets)(JNIEnv *env, jclass, jlong manager, jobjectArray apks) {
    std::vector<const ApkAssets *> all;
    for (jsize i = 0; i < env->GetArrayLength(apks); i++) {
        jobject one = env->GetObjectArrayElement(apks, i);
        jclass type = env->GetObjectClass(one);
        all.push_back(at<const ApkAssets>(env->GetLongField(one, env->GetFieldID(type, "mNativePtr", "J"))));
    }
    at<AssetManager2>(manager)->SetApkAssets(all);
    configure(at<AssetManager2>(manager));
}

RES(void, AssetManager_nativeSetConfiguration)(JNIEnv *, jclass, jlong manager) {
    configure(at<AssetManager2>(manager));
}

RES(jlong, AssetManager_nativeOpenXmlAsset)(JNIEnv *env, jclass, jlong manager, jint cookie, jstring name) {
    return open_in(env, at<AssetManager2>(manager), cookie, name);
}

RES(jint, AssetManager_nativeGetResourceValue)
(JNIEnv *env, jclass, jlong manager, jint id, jshort density, jobject out, jboolean resolve) {
    return value_of(env, at<AssetManager2>(manager), id, density, out, resolve);
}

RES(jboolean, AssetManager_nativeRetrieveAttributes)
(JNIEnv *env, jclass, jlong manager, jlong parser, jintArray wanted, jintArray values, jintArray indices) {
    return attributes(env, at<AssetManager2>(manager), parser, wanted, values, indices);
}

static void no_theme(void *) {}
RES(jlong, AssetManager_nativeGetThemeFreeFunction)(JNIEnv *, jclass) { return reinterpret_cast<jlong>(no_theme); }
RES(jboolean, AssetManager_nativeContainsAllocatedTable)(JNIEnv *, jclass, jlong) { return false; }

RES(jstring, AssetManager_nativeGetResourceName)(JNIEnv *env, jclass, jlong manager, jint id) {
    return name_of(env, at<AssetManager2>(manager), id);
}

RES(jstring, AssetManager_nativeGetResourceEntryName)(JNIEnv *env, jclass, jlong manager, jint id) {
    return entry_of(env, at<AssetManager2>(manager), id);
}

/* ---- AssetManager of API 24, with its natives on the object; the same reader behind ---- */

struct Old {
    AssetManager2 manager;
    std::vector<const ApkAssets *> apks;
};

static Old *old(JNIEnv *env, jobject self) {
    return at<Old>(env->GetLongField(self, env->GetFieldID(env->GetObjectClass(self), "mObject", "J")));
}

static jint add(JNIEnv *env, Old *manager, const std::string &path) {
    const ApkAssets *apk = load(env, path);
    if (apk == nullptr) {
        env->ExceptionClear();
        return 0;
    }
    manager->apks.push_back(apk);
    manager->manager.SetApkAssets(manager->apks);
    configure(&manager->manager);
    return static_cast<jint>(manager->apks.size());
}

RES(void, AssetManager_init)(JNIEnv *env, jobject self, jboolean) {
    Old *made = new Old();
    add(env, made, FRAMEWORK_APK);
    env->SetLongField(self, env->GetFieldID(env->GetObjectClass(self), "mObject", "J"), hold(made));
}

RES(void, AssetManager_destroy)(JNIEnv *env, jobject self) {
    delete old(env, self);
    env->SetLongField(self, env->GetFieldID(env->GetObjectClass(self), "mObject", "J"), 0);
}

RES(jint, AssetManager_addAssetPathNative)(JNIEnv *env, jobject self, jstring path, jboolean) {
    return add(env, old(env, self), text(env, path));
}

RES(void, AssetManager_setConfiguration)(JNIEnv *env, jobject self) { configure(&old(env, self)->manager); }
RES(jint, AssetManager_getStringBlockCount)(JNIEnv *env, jobject self) {
    return static_cast<jint>(old(env, self)->apks.size());
}

RES(jlong, AssetManager_getNativeStringBlock)(JNIEnv *env, jobject self, jint block) {
    return hold(old(env, self)->manager.GetStringPoolForCookie(block));
}

RES(jlong, AssetManager_openXmlAssetNative)(JNIEnv *env, jobject self, jint cookie, jstring name) {
    return open_in(env, &old(env, self)->manager, cookie, name);
}

/* The number of the string block: -1 for no such resource. */
RES(jint, AssetManager_loadResourceValue)
(JNIEnv *env, jobject self, jint id, jshort density, jobject out, jboolean resolve) {
    return value_of(env, &old(env, self)->manager, id, density, out, resolve) - 1;
}

RES(jboolean, AssetManager_retrieveAttributes)
(JNIEnv *env, jobject self, jlong parser, jintArray wanted, jintArray values, jintArray indices) {
    return attributes(env, &old(env, self)->manager, parser, wanted, values, indices);
}

RES(jstring, AssetManager_getResourceEntryName)(JNIEnv *env, jobject self, jint id) {
    return entry_of(env, &old(env, self)->manager, id);
}

RES(jstring, AssetManager_getResourceName)(JNIEnv *env, jobject self, jint id) {
    return name_of(env, &old(env, self)->manager, id);
}
