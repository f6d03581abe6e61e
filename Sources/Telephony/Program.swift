/// The program that all this is part of.
public enum Program {
    public static let version = "0.1.0"
}
